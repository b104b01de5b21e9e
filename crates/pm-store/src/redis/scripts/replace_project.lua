-- Replaces a project in an expected version. ARGV: token, version, status, body.
local found = call('HMGET', P, 'v', 'r')
if found[1] ~= ARGV[2] then return { 'other' } end
local version = decimal(tonumber(found[2]) + 1)
call('HSET', P, 'd', ARGV[4], 'v', version, 's', ARGV[3], 'r', version)
return { 'ok', version }
