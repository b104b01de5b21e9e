-- What the scripts on the list of projects share. KEYS[1] is the hash of its entries; ARGV[1] a token.
local call = redis.call
local base = string.sub(KEYS[1], 1, -2)
local D, W, Z = KEYS[1], base .. 'w', base .. 'z'
local BY = { 'c', 'u', 'n' }

local function decimal(n)
  return string.format('%.0f', n)
end

-- The places of a project in the three orders. An entry is: version 8, status 1, created 8, updated 8, length of the
-- name 4, name, body.
local function places(id, entry)
  local status = string.sub(entry, 9, 9)
  local length = struct.unpack('>I4', string.sub(entry, 26, 29))
  return {
    status .. string.sub(entry, 10, 17) .. id,
    status .. string.sub(entry, 18, 25) .. id,
    status .. string.sub(entry, 30, 29 + length) .. '\0' .. id,
  }
end

local function remove(id)
  local entry = call('HGET', D, id)
  if entry then
    for n, member in ipairs(places(id, entry)) do call('ZREM', base .. BY[n], member) end
    call('HDEL', D, id)
  end
end

local function version_before(a, b)
  local high_a, low_a = struct.unpack('>I4I4', a)
  local high_b, low_b = struct.unpack('>I4I4', b)
  return high_a < high_b or (high_a == high_b and low_a < low_b)
end
