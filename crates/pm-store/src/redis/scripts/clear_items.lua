-- Deletes all items; the values that have keys of their own are left to discard.lua. ARGV: token.
local state = project()
if not state then return { 'absent' } end
if state.archived then return { 'archived' } end
if purge(state, PURGE) then return { 'again' } end
local count = call('ZCARD', K)
discard_values()
call('UNLINK', I, K, T, S, V)
note(state, '')
save(state)
return { 'ok', decimal(count) }
