-- Deletes a message. ARGV: token, id, if_match, if_none_match.
local id = ARGV[2]
local state = project()
if not state then return { 'absent' } end
if state.archived then return { 'archived' } end
local record = call('HGET', base .. 'm', id) or nil
if not holds(ARGV[3], ARGV[4], record and number8(string.sub(record, 2, 9))) then return { 'condition' } end
if not record then return { 'ok', '0' } end
local place, session = string.sub(record, 10, 18) .. id, string.sub(record, 19, 34)
call('HDEL', base .. 'm', id)
call('ZREM', base .. 'mt', place)
if session ~= NO_SESSION then call('ZREM', base .. 'ms', session .. place) end
return { 'ok', '1' }
