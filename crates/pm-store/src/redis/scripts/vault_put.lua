-- Keeps a record, if what is there is as expected. ARGV: token, shelf, id, whether the shelf is watched (1 or 0), expected
-- ('' anything, '-' nothing, else the version), expiry, body.
local shelf, id, expected, expires = ARGV[2], ARGV[3], ARGV[5], ARGV[6]
local R = base .. 'r:' .. shelf
local old = call('HGET', R, id)
local there = live(old, now8())
if expected == '-' then
  if there then return { 'other' } end
elseif expected ~= '' and not (there and string.sub(old, 2, 9) == expected) then
  return { 'other' }
end
local version = call('HINCRBY', M, 'v', 1)
if old then
  -- Who looks at the clock a little later must not rely on what has expired either.
  if ARGV[4] == '1' then call('HINCRBY', M, 'r', 1) end
  unexpire(shelf, id, old)
else
  call('ZADD', base .. 'i:' .. shelf, 0, id)
end
if expires ~= NEVER then call('ZADD', E, 0, expires .. shelf .. ':' .. id) end
call('HSET', R, id, '1' .. be8(version) .. expires .. ARGV[7])
return { 'ok', decimal(version) }
