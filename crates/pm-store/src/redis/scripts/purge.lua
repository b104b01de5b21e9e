-- Takes away what has expired. ARGV: token, how many at most.
local state = project()
if not state then return { 'absent' } end
local _, purged = purge(state, tonumber(ARGV[2]))
return { 'ok', decimal(purged) }
