-- Removes a record. ARGV: token, shelf, id, whether the shelf is watched (1 or 0). Answers 1 where it was there.
local shelf, id = ARGV[2], ARGV[3]
local R = base .. 'r:' .. shelf
local record = call('HGET', R, id)
if not live(record, now8()) then return { 'ok', '0' } end
if ARGV[4] == '1' then call('HINCRBY', M, 'r', 1) end
unexpire(shelf, id, record)
call('ZREM', base .. 'i:' .. shelf, id)
call('HDEL', R, id)
return { 'ok', '1' }
