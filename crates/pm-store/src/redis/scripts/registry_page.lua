-- A page of the list of projects. ARGV: token, order (c, u or n), the most bytes (0: ids alone), then as page() reads.
-- Answers with it some of the marks of projects that are changing, and how old they are in seconds.
local most, limit = tonumber(ARGV[3]), tonumber(ARGV[5])
local members, total = page(base .. ARGV[2], 4)
local found, bytes, more = {}, 0, #members > limit
for n = 1, math.min(#members, limit) do
  local id = string.sub(members[n], -16)
  found[#found + 1] = id
  if most > 0 then
    local entry = call('HGET', D, id)
    found[#found + 1] = entry
    bytes = bytes + #entry
    if bytes > most and n < #members then
      more = true
      break
    end
  end
end
local marks = {}
if call('EXISTS', W) == 1 then
  local now = tonumber(call('TIME')[1])
  local all = call('HSCAN', W, 0, 'COUNT', 200)[2]
  for n = 1, #all, 2 do
    marks[#marks + 1] = all[n]
    marks[#marks + 1] = decimal(now - tonumber(all[n + 1]))
  end
end
return { 'ok', found, decimal(total), more and '1' or '0', marks }
