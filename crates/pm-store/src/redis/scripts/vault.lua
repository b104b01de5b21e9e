-- What the scripts on the vault share. KEYS[1] is the hash of what it counts; the names of its other keys follow from it
-- (redis/keys.rs tells what each holds). ARGV[1] is a token. A record is: form 1, version 8, expiry 8, body.
local call = redis.call
local M = KEYS[1]
local base = string.sub(M, 1, -2)
local E = base .. 'e'
local NEVER = string.rep('\255', 8)

local function be8(n)
  local high = math.floor(n / 4294967296)
  return struct.pack('>I4I4', high, n - high * 4294967296)
end

local function decimal(n)
  return string.format('%.0f', n)
end

-- Now, as times are kept: microseconds since 1970, biased so that bytes compare as times do.
local function now8()
  local time = call('TIME')
  local micros = time[1] * 1000000 + time[2]
  local high = math.floor(micros / 4294967296)
  return struct.pack('>I4I4', high + 2147483648, micros - high * 4294967296)
end

-- Whether there is a record, and its time has not come.
local function live(record, now)
  if not record then return false end
  local expires = string.sub(record, 10, 17)
  if expires == NEVER then return true end
  local high, low = struct.unpack('>I4I4', expires)
  local now_high, now_low = struct.unpack('>I4I4', now)
  return high > now_high or (high == now_high and low > now_low)
end

-- Forgets when a record expires.
local function unexpire(shelf, id, record)
  local expires = string.sub(record, 10, 17)
  if expires ~= NEVER then call('ZREM', E, expires .. shelf .. ':' .. id) end
end
