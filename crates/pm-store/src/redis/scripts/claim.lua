-- Says that a write that may be repeated is about to be done. KEYS[1] is the claim; ARGV: token, fingerprint, stamp.
-- Answers the stamp of the first who said so.
local call = redis.call
local found = call('HMGET', KEYS[1], 'f', 's', 'done')
if found[1] and found[1] ~= ARGV[2] then return { found[3] and 'mismatch' or 'other' } end
if not found[1] then
  call('HSET', KEYS[1], 'f', ARGV[2], 's', ARGV[3], 'n', '0')
  found[2] = ARGV[3]
end
call('HINCRBY', KEYS[1], 'n', 1)
-- Should all who said so vanish.
if not found[3] then call('PEXPIRE', KEYS[1], 60000) end
return { 'ok', found[2] }
