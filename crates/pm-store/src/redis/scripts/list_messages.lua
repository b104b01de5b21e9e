-- A page of a project's messages. ARGV: token, index (mt or ms), the most bytes, then as page() reads.
local state = project()
if not state then return { 'absent' } end
local most, limit = tonumber(ARGV[3]), tonumber(ARGV[5])
local members, total = page(base .. ARGV[2], 4)
local found, bytes, more = {}, 0, #members > limit
for n = 1, math.min(#members, limit) do
  local record = call('HGET', base .. 'm', string.sub(members[n], -16))
  found[#found + 1] = record
  bytes = bytes + #record
  if bytes > most and n < #members then
    more = true
    break
  end
end
return { 'ok', found, decimal(total), more and '1' or '0' }
