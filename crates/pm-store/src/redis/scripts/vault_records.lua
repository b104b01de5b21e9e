-- Reads records in the order of their ids. ARGV: token, shelf, the command for that order, from and to as it takes them,
-- how many, the most bytes.
local limit, most = tonumber(ARGV[6]), tonumber(ARGV[7])
local ids = call(ARGV[3], base .. 'i:' .. ARGV[2], ARGV[4], ARGV[5], 'LIMIT', 0, limit)
local now, bytes, looked = now8(), 0, 0
local found, last = {}, ''
for _, id in ipairs(ids) do
  local record = call('HGET', base .. 'r:' .. ARGV[2], id)
  looked, last = looked + 1, id
  if live(record, now) then
    found[#found + 1] = id
    found[#found + 1] = record
  end
  bytes = bytes + (record and #record or 0)
  if bytes > most then break end
end
-- Where it goes on, if there may be more.
return { 'ok', found, (looked < #ids or #ids == limit) and last or '' }
