-- Stores items, each a write of its own: one that is refused takes nothing of the others with it. None of them expires,
-- and no two have one name. ARGV: token, limit ('' = none), then for each item: name; rank, time 8, key; time 8,
-- expiry 8 (never), session 16, body. Answers the version before the first of them, and a letter for each: c created,
-- r replaced, f full, a nothing was done, it takes put_items; or `due` where something has expired: it takes purge.
--
-- Many clients wait for this one at once. What it writes is gathered and given to Redis by one command an index, since of
-- what a small command of Lua costs most is the giving; and it makes as few strings and tables as it can.
local sub, pack = string.sub, struct.pack
local state = project()
if not state then return { 'absent' } end
if state.archived then return { 'archived' } end
local first = call('ZRANGE', E, '0', '0')[1]
if first and earlier_or_equal(sub(first, 1, 8), now8()) then return { 'due' } end

local names, count = {}, 0
for at = 3, #ARGV, 3 do
  count = count + 1
  names[count] = ARGV[at]
end
local before = call('HMGET', I, unpack(names))
local room = ARGV[2] ~= '' and tonumber(ARGV[2]) - call('ZCARD', K)
local records, by_time, log, by_name, said = {}, {}, {}, {}, {}
local by_session, no_session, no_time
local revision, stored, created = state.revision, 0, 0
local link = state.last .. token
for n = 1, count do
  local name, place, item, old = names[n], ARGV[3 * n + 1], ARGV[3 * n + 2], before[n]
  if old and sub(old, 2, 2) == 'x' then
    -- Its value has a key of its own. In a cluster that may be found to be on another node, and then nothing else may
    -- have been written.
    said[n] = 'a'
  elseif not old and room and room - created <= 0 then
    said[n] = 'f'
  else
    revision = revision + 1
    local session = sub(item, 17, 32)
    if session ~= NO_SESSION then
      by_session = by_session or {}
      by_session[#by_session + 1] = '0'
      by_session[#by_session + 1] = session .. place
    end
    if old then
      local old_place, old_session = sub(name, 1, 1) .. sub(old, 11, 18) .. sub(name, 2), sub(old, 27, 42)
      if old_place ~= place then
        no_time = no_time or {}
        no_time[#no_time + 1] = old_place
      end
      if old_session ~= NO_SESSION and (old_place ~= place or old_session ~= session) then
        no_session = no_session or {}
        no_session[#no_session + 1] = old_session .. old_place
      end
    else
      by_name[2 * created + 1], by_name[2 * created + 2] = '0', name
      created = created + 1
    end
    local high = math.floor(revision / 4294967296)
    records[2 * stored + 1] = name
    records[2 * stored + 2] = '1h' .. pack('>I4I4', high, revision - high * 4294967296) .. item
    by_time[2 * stored + 1], by_time[2 * stored + 2] = '0', place
    stored = stored + 1
    log[stored] = link .. name
    if stored == 1 then link = token .. token end
    said[n] = old and 'r' or 'c'
  end
end
if stored > 0 then
  if no_time then call('ZREM', T, unpack(no_time)) end
  if no_session then call('ZREM', S, unpack(no_session)) end
  if created > 0 then call('ZADD', K, unpack(by_name)) end
  call('ZADD', T, unpack(by_time))
  if by_session then call('ZADD', S, unpack(by_session)) end
  call('HSET', I, unpack(records))
  call('RPUSH', L, unpack(log))
  local entries = state.entries + stored
  if math.floor(entries / 64) ~= math.floor(state.entries / 64) then call('LTRIM', L, '-4096', '-1') end
  call('HSET', P, 'r', revision, 'n', entries, 'l', token)
end
return { 'ok', state.revision, table.concat(said) }
