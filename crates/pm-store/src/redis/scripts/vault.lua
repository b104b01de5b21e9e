-- What the scripts on the vault share. KEYS[1] is the hash of what it counts; the names of its other keys follow from it
-- (redis/keys.rs tells what each holds). ARGV[1] is a token. A record is: form 1, version 8, expiry 8, body.
local M = KEYS[1]
local base = string.sub(M, 1, -2)
local E = base .. 'e'

-- Whether there is a record, and its time has not come.
local function live(record, now)
  if not record then return false end
  local expires = string.sub(record, 10, 17)
  return expires == NEVER or not earlier_or_equal(expires, now)
end

-- Forgets when a record expires.
local function unexpire(shelf, id, record)
  local expires = string.sub(record, 10, 17)
  if expires ~= NEVER then call('ZREM', E, expires .. shelf .. ':' .. id) end
end

-- Takes away records that have expired; how many.
local function purge(limit)
  local due = call('ZRANGEBYLEX', E, '-', '(' .. now8() .. '\255', 'LIMIT', 0, limit)
  for _, member in ipairs(due) do
    local colon = string.find(member, ':', 9, true)
    local shelf, id = string.sub(member, 9, colon - 1), string.sub(member, colon + 1)
    call('HDEL', base .. 'r:' .. shelf, id)
    call('ZREM', base .. 'i:' .. shelf, id)
    call('ZREM', E, member)
  end
  return #due
end
