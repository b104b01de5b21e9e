-- What changed after a position in the log. ARGV: token, entries, last token (the position), the most names, the most
-- bytes. Each name comes once, at its last change, with its record as it is now.
local state = project()
if not state then return { 'absent' } end
local from, last = tonumber(ARGV[2]), ARGV[3]
local missed = state.entries - from
if missed == 0 and state.last == last then return { 'ok', decimal(from), last, decimal(from), {} } end
local length = call('LLEN', L)
if missed <= 0 or missed > length then return { 'lost' } end
local start = length - missed
local entries = call('LRANGE', L, start, math.min(start + tonumber(ARGV[4]), length) - 1)
if string.sub(entries[1], 1, 16) ~= last then return { 'lost' } end
local seen, wanted, first = {}, {}, 1
for n = #entries, 1, -1 do
  local name = string.sub(entries[n], 33)
  if name == '' then
    wanted[n], first = true, n
    break
  end
  if not seen[name] then seen[name], wanted[n] = true, true end
end
local bytes, most, changes, reached = 0, tonumber(ARGV[5]), {}, #entries
for n = first, #entries do
  if wanted[n] then
    local name = string.sub(entries[n], 33)
    local record = name ~= '' and whole(call('HGET', I, name)) or ''
    changes[#changes + 1] = name
    changes[#changes + 1] = record
    bytes = bytes + #record
    if bytes > most then
      reached = n
      break
    end
  end
end
return { 'ok', decimal(from + reached), string.sub(entries[reached], 17, 32), decimal(state.entries), changes }
