-- What scripts share that change items, and those that take away what has expired before they look at any.

-- The most changes that the log keeps, and the most expired items that one call takes away.
local LOG, PURGE = '4096', 500

-- Notes in the log that the item of this name changed; '' stands for all.
local function note(state, name)
  call('RPUSH', L, state.last .. token .. name)
  state.last = token
  state.entries = state.entries + 1
end

-- The log is cut when it has grown by 64 changes or more.
local function save(state)
  if math.floor(state.entries / 64) ~= math.floor(state.kept / 64) then call('LTRIM', L, '-' .. LOG, '-1') end
  state.kept = state.entries
  call('HSET', P, 'r', state.revision, 'n', state.entries, 'l', state.last)
end

-- Takes an item out of all indexes, and its vector with it. Its value, where that has a key of its own, is not touched.
local function unindex(name, record)
  local rank, key = string.sub(name, 1, 1), string.sub(name, 2)
  local version, time = string.sub(record, 3, 10), string.sub(record, 11, 18)
  local expires, session = string.sub(record, 19, 26), string.sub(record, 27, 42)
  call('HDEL', I, name)
  call('HDEL', V, name)
  call('ZREM', K, name)
  call('ZREM', T, rank .. time .. key)
  if session ~= NO_SESSION then call('ZREM', S, session .. rank .. time .. key) end
  if expires ~= NEVER then call('ZREM', E, expires .. version .. name) end
end

-- Takes away what has expired; true where there may be more. The values went by themselves.
local function purge(state, limit)
  -- Most projects have nothing that expires, or not yet: what it takes to know is the first alone.
  local first = call('ZRANGE', E, '0', '0')[1]
  if not first then return false, 0 end
  local now = now8()
  if not earlier_or_equal(string.sub(first, 1, 8), now) then return false, 0 end
  local due = call('ZRANGEBYLEX', E, '-', '(' .. now .. '\255', 'LIMIT', 0, limit)
  for _, member in ipairs(due) do
    local name = string.sub(member, 17)
    local record = call('HGET', I, name)
    if record and string.sub(record, 3, 10) == string.sub(member, 9, 16) then
      unindex(name, record)
      note(state, name)
    else
      call('ZREM', E, member)
    end
  end
  save(state)
  return #due >= limit, #due
end
