-- The clock, and how numbers and times are written, for scripts on a project and on the vault.
local call = redis.call
local NEVER = string.rep('\255', 8)

local function be8(n)
  local high = math.floor(n / 4294967296)
  return struct.pack('>I4I4', high, n - high * 4294967296)
end

-- Now, as times are kept: microseconds since 1970, biased so that bytes compare as times do.
local function now8()
  local time = call('TIME')
  local micros = time[1] * 1000000 + time[2]
  local high = math.floor(micros / 4294967296)
  return struct.pack('>I4I4', high + 2147483648, micros - high * 4294967296)
end

local function earlier_or_equal(a, b)
  local high_a, low_a = struct.unpack('>I4I4', a)
  local high_b, low_b = struct.unpack('>I4I4', b)
  return high_a < high_b or (high_a == high_b and low_a <= low_b)
end

local function decimal(n)
  return string.format('%.0f', n)
end
