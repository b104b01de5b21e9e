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

local count = (#ARGV - FIRST + 1) / 4
local names, written = {}, {}
for n = 1, count do
  local name = ARGV[FIRST + (n - 1) * 4]
  names[n], written[name] = name, true
end
local before = recorded(names)
local now
local more, fewer = 0, 0
for n = 1, count do
  local expires, old = string.sub(ARGV[FIRST + (n - 1) * 4 + 1], 9, 16), before[n]
  local lives = true
  if expires ~= NEVER then
    now = now or now8()
    lives = not earlier_or_equal(expires, now)
  end
  if lives and not old then more = more + 1 end
  if old and not lives then fewer = fewer + 1 end
end
if count == 1 then
  local old = before[1]
  if not holds(ARGV[8], ARGV[9], old and number8(string.sub(old, 3, 10)) or nil) then return { 'condition' } end
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
  local head, old, expires = ARGV[at + 1], before[n], ARGV[at + 2] ~= ''
  store(state, names[n], old, head, not expires and ARGV[at + 3] or nil)
  created[n] = old and '0' or '1'
end
local answer = { decimal(first + 1), table.concat(created), evicted }
if count > 0 then finish(state) end
remember(scope, fingerprint, stamp, until_ms, answer)
return { 'ok', answer }
