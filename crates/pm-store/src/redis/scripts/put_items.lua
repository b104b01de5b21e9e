-- Stores items, all or none. ARGV: token, limit ('' = none), policy (reject | evict), once: scope, fingerprint, stamp,
-- until; if_match, if_none_match; then for each item: name, time 8 + expiry 8 + session 16, expiry in ms ('' = never),
-- body.
local limit, policy = tonumber(ARGV[2]), ARGV[3]
local scope, fingerprint, stamp, until_ms = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local FIRST = 10
local again = replayed(scope, fingerprint)
if again then return again end
local state = project()
if not state then return { 'absent' } end
if state.archived then return { 'archived' } end
if purge(state, PURGE) then return { 'again' } end

local now = now8()
local count = (#ARGV - FIRST + 1) / 4
local before, written = {}, {}
local more, fewer = 0, 0
for n = 1, count do
  local at = FIRST + (n - 1) * 4
  local old = call('HGET', I, ARGV[at]) or nil
  before[n] = old
  written[ARGV[at]] = true
  local expires = string.sub(ARGV[at + 1], 9, 16)
  local lives = expires == NEVER or not earlier_or_equal(expires, now)
  if lives and not old then more = more + 1 end
  if old and not lives then fewer = fewer + 1 end
end
if count == 1 then
  local old = before[1]
  if not holds(ARGV[8], ARGV[9], old and number8(string.sub(old, 3, 10))) then return { 'condition' } end
end

-- Who must leave: the oldest by time, type and key that are not of this write.
local leaving = {}
if limit and more > 0 then
  local room = call('ZCARD', K) + more - fewer - limit
  if room > 0 then
    if policy == 'reject' then return { 'full' } end
    local heads, offsets = {}, { 0, 0, 0, 0 }
    local function advance(rank)
      while true do
        local found = call('ZRANGEBYLEX', T, '[' .. rank, '(' .. (rank + 1), 'LIMIT', offsets[rank + 1], 1)[1]
        offsets[rank + 1] = offsets[rank + 1] + 1
        if not found then heads[rank + 1] = false return end
        if not written[rank .. string.sub(found, 10)] then heads[rank + 1] = found return end
      end
    end
    for rank = 0, 3 do advance(rank) end
    while #leaving < room do
      local oldest
      for rank = 0, 3 do
        local head = heads[rank + 1]
        if head and (not oldest
            or not earlier_or_equal(string.sub(heads[oldest + 1], 2, 9), string.sub(head, 2, 9))) then
          oldest = rank
        end
      end
      if not oldest then return { 'full' } end
      leaving[#leaving + 1] = oldest .. string.sub(heads[oldest + 1], 10)
      advance(oldest)
    end
  end
end

-- From here on nothing is refused. Values with keys of their own first: in a cluster they are what may be found to be
-- on another node, and then nothing else has been written.
local first = state.revision
for n = 1, count do
  local at = FIRST + (n - 1) * 4
  if ARGV[at + 2] ~= '' then
    call('SET', base .. 'x:' .. decimal(first + n), ARGV[at + 3], 'PXAT', ARGV[at + 2])
  end
end
for n = 1, count do
  local old = before[n]
  if old and string.sub(old, 2, 2) == 'x' then call('UNLINK', value_key(old)) end
end
local evicted = {}
for _, name in ipairs(leaving) do
  local record = call('HGET', I, name)
  if string.sub(record, 2, 2) == 'x' then call('UNLINK', value_key(record)) end
  unindex(name, record)
  note(state, name)
  evicted[#evicted + 1] = name
end
local created = {}
for n = 1, count do
  local at = FIRST + (n - 1) * 4
  local name, head, old = ARGV[at], ARGV[at + 1], before[n]
  local rank, key = string.sub(name, 1, 1), string.sub(name, 2)
  local version = be8(first + n)
  local time, expires, session = string.sub(head, 1, 8), string.sub(head, 9, 16), string.sub(head, 17, 32)
  if old then
    local old_time, old_session = string.sub(old, 11, 18), string.sub(old, 27, 42)
    local old_expires = string.sub(old, 19, 26)
    if old_time ~= time then call('ZREM', T, rank .. old_time .. key) end
    if old_session ~= NO_SESSION and (old_time ~= time or old_session ~= session) then
      call('ZREM', S, old_session .. rank .. old_time .. key)
    end
    if old_expires ~= NEVER then call('ZREM', E, old_expires .. string.sub(old, 3, 10) .. name) end
  else
    call('ZADD', K, 0, name)
  end
  call('ZADD', T, 0, rank .. time .. key)
  if session ~= NO_SESSION then call('ZADD', S, 0, session .. rank .. time .. key) end
  if expires ~= NEVER then
    call('ZADD', E, 0, expires .. version .. name)
    call('HSET', I, name, '1x' .. version .. head)
  else
    call('HSET', I, name, '1h' .. version .. head .. ARGV[at + 3])
  end
  note(state, name)
  created[n] = old and '0' or '1'
end
local answer = { decimal(first + 1), table.concat(created), evicted }
if count > 0 then
  state.revision = first + count
  state.many = count + #evicted > 32
  save(state)
end
remember(scope, fingerprint, stamp, until_ms, answer)
return { 'ok', answer }
