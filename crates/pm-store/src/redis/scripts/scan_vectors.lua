-- Walks items in order of type and key, and finds those with a vector by a model, or those without. ARGV: token, from
-- ('[' or '(' with a name, or '-'), how many names to look at, how many to find, the most bytes to read, model, with (1:
-- names and vectors, 0: names without). Looks at one at least, unless none is to be found.
local state = project()
if not state then return { 'absent' } end
if purge(state, PURGE) then return { 'again' } end
local step, wanted, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local model, with = ARGV[6], ARGV[7] == '1'
local names = call('ZRANGEBYLEX', K, ARGV[2], '+', 'LIMIT', 0, step)
local now, bytes, looked, matched = now8(), 0, 0, 0
local found, last = {}, ''
for _, name in ipairs(names) do
  if matched >= wanted or bytes > most then break end
  local there, vector, read = vector_of(name, model, now)
  if with and vector then
    found[#found + 1] = name
    found[#found + 1] = vector
    matched = matched + 1
  elseif not with and there and not vector then
    found[#found + 1] = name
    matched = matched + 1
  end
  looked, last, bytes = looked + 1, name, bytes + read
end
-- Where it goes on, if there may be more.
return { 'ok', found, (looked < #names or #names == step) and last or '' }
