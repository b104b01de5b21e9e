-- Deletes a project with all that is in it, but for what discard.lua takes. ARGV: token, if_match, if_none_match.
local version = call('HGET', P, 'v')
if not holds(ARGV[2], ARGV[3], version and tonumber(version) or nil) then return { 'condition' } end
if not version then return { 'ok', '0' } end
discard_values()
call('UNLINK', P, I, K, T, S, L, V, base .. 'm', base .. 'mt', base .. 'ms')
return { 'ok', '1' }
