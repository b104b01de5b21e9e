-- Counts the items of each type. ARGV: token.
local state = project()
if not state then return { 'absent' } end
if purge(state, PURGE) then return { 'again' } end
local counts = {}
for rank = 0, 3 do counts[rank + 1] = decimal(call('ZLEXCOUNT', K, '[' .. rank, '(' .. (rank + 1))) end
return { 'ok', counts }
