-- What all scripts on a project share. KEYS[1] is the project's hash; the names of its other keys follow from it
-- (redis/keys.rs tells what each holds). ARGV[1] is a token of 16 bytes that no other call has.
local P = KEYS[1]
local base = string.sub(P, 1, -2)
local I, K, T, S, E, L = base .. 'i', base .. 'k', base .. 't', base .. 's', base .. 'e', base .. 'l'
local V = base .. 'v'
local token = ARGV[1]

-- The most changes that the log keeps, and the most expired items that one call takes away.
local LOG, PURGE = 4096, 500
-- In a record of an item: what stands where (redis/record.rs).
local NO_SESSION = string.rep('\0', 16)

local function number8(text)
  local high, low = struct.unpack('>I4I4', text)
  return high * 4294967296 + low
end

-- The project's status, revision, and position in the log of changes; nil where it is not there.
local function project()
  local found = call('HMGET', P, 's', 'r', 'n', 'l')
  if not found[1] then return nil end
  return { archived = found[1] ~= '0', revision = tonumber(found[2]), entries = tonumber(found[3]), last = found[4] }
end

-- Notes in the log that the item of this name changed; '' stands for all.
local function note(state, name)
  call('RPUSH', L, state.last .. token .. name)
  state.last = token
  state.entries = state.entries + 1
end

local function save(state)
  if state.entries % 64 == 0 or state.many then call('LTRIM', L, -LOG, -1) end
  call('HSET', P, 'r', decimal(state.revision), 'n', decimal(state.entries), 'l', state.last)
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

-- The key of the value of an item that expires.
local function value_key(record)
  return base .. 'x:' .. decimal(number8(string.sub(record, 3, 10)))
end

-- Takes away what has expired; true where there may be more. The values went by themselves.
local function purge(state, limit)
  local due = call('ZRANGEBYLEX', E, '-', '(' .. now8() .. '\255', 'LIMIT', 0, limit)
  if #due == 0 then return false, 0 end
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
  state.many = true
  save(state)
  state.many = false
  return #due >= limit, #due
end

-- The record with its value in it; nil where it has expired or its value was evicted. In a cluster a value that is
-- not there although its time has not come is on its way to another node: reading it fails, and so does the call.
local function whole(record)
  if not record then return nil end
  if string.sub(record, 2, 2) ~= 'x' then return record end
  local value = call('GET', value_key(record))
  if not value then return nil end
  return string.sub(record, 1, 42) .. value
end

-- Whether a condition holds on what is there in this version (a number, or nil). It reads '', '*' or ',1,2,'.
local function matches(wanted, version)
  if version == nil then return false end
  return wanted == '*' or string.find(wanted, ',' .. decimal(version) .. ',', 1, true) ~= nil
end

local function holds(if_match, if_none_match, version)
  return (if_match == '' or matches(if_match, version)) and not (if_none_match ~= '' and matches(if_none_match, version))
end

-- What was answered the first time to a write that may be repeated; nil where this is the first time.
local function replayed(scope, fingerprint)
  if scope == '' then return nil end
  local record = call('GET', base .. 'o:' .. scope)
  if not record then return nil end
  if string.sub(record, 1, 32) ~= fingerprint then return { 'mismatch' } end
  return { 'replay', string.sub(record, 33, 56), cmsgpack.unpack(string.sub(record, 57)) }
end

-- Keeps the answer for the next time.
local function remember(scope, fingerprint, stamp, until_ms, answer)
  if scope ~= '' then
    call('SET', base .. 'o:' .. scope, fingerprint .. stamp .. cmsgpack.pack(answer), 'PXAT', until_ms)
  end
end
