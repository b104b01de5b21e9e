-- A page of a project's items. ARGV: token, index (k, t or s), the most bytes (0: names alone), then as page() reads.
local state = project()
if not state then return { 'absent' } end
if purge(state, PURGE) then return { 'again' } end
local index, most = ARGV[2], tonumber(ARGV[3])
local limit, skip, head = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local members, total = page(base .. index, 4)
local found, bytes, more = {}, 0, #members > limit
for n = 1, math.min(#members, limit) do
  local member = members[n]
  local name = string.sub(member, skip + 1, skip + 1) .. string.sub(member, skip + 2 + (index == 'k' and 0 or head))
  if most == 0 then
    found[#found + 1] = name
    found[#found + 1] = index == 'k' and '' or string.sub(member, skip + 2, skip + 1 + head)
  else
    local record = whole(call('HGET', I, name))
    if record then
      found[#found + 1] = name
      found[#found + 1] = record
      bytes = bytes + #record
    end
    if bytes > most and n < #members then
      more = true
      break
    end
  end
end
return { 'ok', found, decimal(total), more and '1' or '0', decimal(state.revision), decimal(state.entries) }
