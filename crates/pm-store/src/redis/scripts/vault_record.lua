-- Reads a record. ARGV: token, shelf, id.
local record = call('HGET', base .. 'r:' .. ARGV[2], ARGV[3])
return { 'ok', live(record, now8()) and record }
