-- What is to be written of items: gathered, and then given to Redis by one command an index. Of what a small command of
-- Lua costs most is the giving.
local lists = {}

local function add(list, one, other)
  local members = lists[list]
  if not members then lists[list] = { one, other } return end
  local count = #members
  members[count + 1], members[count + 2] = one, other
end

-- One command with all of a list, or several: Lua takes some 8,000 arguments at once.
local function all(command, key, list)
  local members = lists[list]
  if not members then return end
  local count = #members
  if count <= 1000 then return call(command, key, unpack(members)) end
  for first = 1, count, 1000 do call(command, key, unpack(members, first, math.min(first + 999, count))) end
end

-- The records of items, by their places in the list of names; false where there is none.
local function recorded(names)
  local count, found = #names, {}
  if count == 0 then return found end
  if count <= 1000 then return call('HMGET', I, unpack(names)) end
  for first = 1, count, 1000 do
    for _, record in ipairs(call('HMGET', I, unpack(names, first, math.min(first + 999, count)))) do
      found[#found + 1] = record
    end
  end
  return found
end

-- An item in its next version, in place of the record `old` if there is one. `head` is time 8, expiry 8 and session 16;
-- `value` what follows it in the record, nil where that has a key of its own. No two have one name.
local function store(state, name, old, head, value)
  local rank, key = string.sub(name, 1, 1), string.sub(name, 2)
  local revision = state.revision + 1
  local version, session = be8(revision), string.sub(head, 17, 32)
  local place = rank .. string.sub(head, 1, 8) .. key
  if old then
    local old_place, old_session = rank .. string.sub(old, 11, 18) .. key, string.sub(old, 27, 42)
    if old_place ~= place then add('no time', old_place) end
    if old_session ~= NO_SESSION and (old_place ~= place or old_session ~= session) then
      add('no session', old_session .. old_place)
    end
    local expires = string.sub(old, 19, 26)
    if expires ~= NEVER then add('no expiry', expires .. string.sub(old, 3, 10) .. name) end
  else
    add('name', '0', name)
  end
  add('time', '0', place)
  if session ~= NO_SESSION then add('session', '0', session .. place) end
  if value then
    add('record', name, '1h' .. version .. head .. value)
  else
    add('expiry', '0', string.sub(head, 9, 16) .. version .. name)
    add('record', name, '1x' .. version .. head)
  end
  add('change', state.last .. token .. name)
  state.last, state.entries, state.revision = token, state.entries + 1, revision
end

-- Writes what was gathered.
local function finish(state)
  all('ZREM', T, 'no time')
  all('ZREM', S, 'no session')
  all('ZREM', E, 'no expiry')
  all('ZADD', K, 'name')
  all('ZADD', T, 'time')
  all('ZADD', S, 'session')
  all('ZADD', E, 'expiry')
  all('HSET', I, 'record')
  all('RPUSH', L, 'change')
  save(state)
end
