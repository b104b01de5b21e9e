-- Reads items in order of type and key. ARGV: token, from ('[' or '(' with a name, or '-'), how many, the most bytes.
local state = project()
if not state then return { 'absent' } end
if purge(state, PURGE) then return { 'again' } end
local bytes, most, limit = 0, tonumber(ARGV[4]), tonumber(ARGV[3])
local names = call('ZRANGEBYLEX', K, ARGV[2], '+', 'LIMIT', 0, limit)
local found, last = {}, ''
local read = 0
for _, name in ipairs(names) do
  local record = whole(call('HGET', I, name))
  read, last = read + 1, name
  if record then
    found[#found + 1] = name
    found[#found + 1] = record
    bytes = bytes + #record
  end
  if bytes > most then break end
end
-- Where it goes on, if there may be more.
return { 'ok', found, (read < #names or #names == limit) and last or '' }
