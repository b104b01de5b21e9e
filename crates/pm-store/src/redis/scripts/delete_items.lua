-- Deletes the items of a key. ARGV: token, key, ranks of the types, if_match, if_none_match.
local key, ranks = ARGV[2], ARGV[3]
local state = project()
if not state then return { 'absent' } end
if state.archived then return { 'archived' } end
if purge(state, PURGE) then return { 'again' } end
local found = {}
for n = 1, #ranks do
  local name = string.sub(ranks, n, n) .. key
  found[n] = call('HGET', I, name) or nil
end
if #ranks == 1 and not holds(ARGV[4], ARGV[5], found[1] and number8(string.sub(found[1], 3, 10))) then
  return { 'condition' }
end
for n = 1, #ranks do
  if found[n] and string.sub(found[n], 2, 2) == 'x' then call('UNLINK', value_key(found[n])) end
end
local gone = {}
for n = 1, #ranks do
  if found[n] then
    local rank = string.sub(ranks, n, n)
    unindex(rank .. key, found[n])
    note(state, rank .. key)
    gone[#gone + 1] = rank
  end
end
if #gone > 0 then save(state) end
return { 'ok', table.concat(gone) }
