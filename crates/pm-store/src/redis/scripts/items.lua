-- Reads items by name. ARGV: token, the most bytes, names. Answers as many as the bytes allow, at least one.
local now, bytes, most = now8(), 0, tonumber(ARGV[2])
local records = {}
for n = 3, #ARGV do
  local record = call('HGET', I, ARGV[n])
  if record and string.sub(record, 19, 26) ~= NEVER and earlier_or_equal(string.sub(record, 19, 26), now) then
    record = nil
  end
  record = whole(record) or ''
  records[#records + 1] = record
  bytes = bytes + #record
  if bytes > most then break end
end
return { 'ok', records }
