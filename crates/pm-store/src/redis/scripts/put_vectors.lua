-- Keeps vectors of items that are live in their version. ARGV: token, then for each: name, version 8 + model 8 + bytes.
if not project() then return { 'absent' } end
local now = now8()
for n = 2, #ARGV, 2 do
  local record = call('HGET', I, ARGV[n])
  if live(record, now) and string.sub(record, 3, 10) == string.sub(ARGV[n + 1], 1, 8) then
    call('HSET', V, ARGV[n], ARGV[n + 1])
  end
end
return { 'ok' }
