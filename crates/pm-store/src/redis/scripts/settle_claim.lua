-- Says how it went. KEYS[1] is the claim; ARGV: token, fingerprint, done until (ms; '' = it failed).
local call = redis.call
if call('HGET', KEYS[1], 'f') ~= ARGV[2] then return { 'ok' } end
local left = call('HINCRBY', KEYS[1], 'n', -1)
if ARGV[3] ~= '' then
  call('HSET', KEYS[1], 'done', '1')
  call('PEXPIREAT', KEYS[1], ARGV[3])
elseif left <= 0 and not call('HGET', KEYS[1], 'done') then
  call('UNLINK', KEYS[1])
end
return { 'ok' }
