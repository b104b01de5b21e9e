-- Reads vectors by the names of their items. ARGV: token, model, the most bytes, names. Answers for as many as the bytes
-- allow, at least one.
local now, bytes, most = now8(), 0, tonumber(ARGV[3])
local vectors = {}
for n = 4, #ARGV do
  local _, vector, read = vector_of(ARGV[n], ARGV[2], now)
  vectors[#vectors + 1] = vector
  bytes = bytes + read
  if bytes > most then break end
end
return { 'ok', vectors }
