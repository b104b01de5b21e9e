-- Keeps a new message. ARGV: token, once: scope, fingerprint, stamp, until; id, role 1 + time 8 + session 16, body.
local scope, fingerprint, stamp, until_ms = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local id, head = ARGV[6], ARGV[7]
local again = replayed(scope, fingerprint)
if again then return again end
local state = project()
if not state then return { 'absent' } end
if state.archived then return { 'archived' } end
local version = state.revision + 1
if call('HSETNX', base .. 'm', id, '1' .. be8(version) .. head .. ARGV[8]) == 0 then return { 'taken' } end
local place, session = string.sub(head, 1, 9) .. id, string.sub(head, 10, 25)
call('ZADD', base .. 'mt', '0', place)
if session ~= NO_SESSION then call('ZADD', base .. 'ms', '0', session .. place) end
call('HSET', P, 'r', decimal(version))
local answer = decimal(version)
remember(scope, fingerprint, stamp, until_ms, answer)
return { 'ok', answer }
