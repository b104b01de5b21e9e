-- Brings the list up to a project as it was read. ARGV: token, id, what is known (entry: it is there; gone: it was
-- deleted; absent: it is not there now; same: nothing changed), the entry, the token of the mark to take back ('' = none).
local id, known, entry = ARGV[2], ARGV[3], ARGV[4]
local now = tonumber(call('TIME')[1])
if known == 'gone' then
  remove(id)
  -- Late news of it must not bring it back. No call lasts so long.
  call('ZADD', Z, now, id)
  call('ZREMRANGEBYSCORE', Z, '-inf', now - 3600)
elseif known == 'absent' then
  remove(id)
elseif known == 'entry' and not call('ZSCORE', Z, id) then
  local old = call('HGET', D, id)
  if not old or version_before(string.sub(old, 1, 8), string.sub(entry, 1, 8)) then
    if old then remove(id) end
    for n, member in ipairs(places(id, entry)) do call('ZADD', base .. BY[n], 0, member) end
    call('HSET', D, id, entry)
  end
end
if ARGV[5] ~= '' then call('HDEL', W, id .. ARGV[5]) end
return { 'ok' }
