-- Takes tokens of a bucket that all nodes share (GCRA: the key holds the instant at which the bucket is full again, in
-- microseconds). ARGV: token, microseconds in which a token comes back, tokens of a full bucket, how many are wanted.
-- Answers how many were taken, how many are left, and after how many microseconds there is one.
local call = redis.call
local interval, burst, wanted = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local window = interval * burst
-- How long until it is full. The clock may have been set back: then it is empty, and not for longer than that.
local missing = math.min(math.max(tonumber(call('GET', KEYS[1]) or now) - now, 0), window)
local there = missing == 0 and burst or math.min(math.floor((window - missing) / interval), burst)
local granted = math.min(wanted, there)
local wait = 0
if granted > 0 then
  missing = missing + granted * interval
  local ms = math.max(1, math.ceil(missing / 1000))
  call('SET', KEYS[1], string.format('%.17g', now + missing), 'PX', string.format('%.0f', ms))
else
  wait = math.max(1, math.ceil(missing + interval - window))
end
return { 'ok', string.format('%.0f', granted), string.format('%.0f', there - granted), string.format('%.0f', wait) }
