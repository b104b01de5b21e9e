-- Keeps a new project. ARGV: token, once: scope, fingerprint, stamp, until; status (0 active, 1 archived), body.
local scope, fingerprint, stamp, until_ms = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local again = replayed(scope, fingerprint)
if again then return again end
if call('EXISTS', P) == 1 then return { 'taken' } end
call('HSET', P, 'd', ARGV[7], 'v', '1', 's', ARGV[6], 'r', '1', 'n', '0', 'l', token)
remember(scope, fingerprint, stamp, until_ms, '1')
return { 'ok', '1' }
