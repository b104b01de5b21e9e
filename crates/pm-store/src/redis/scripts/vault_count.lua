-- Counts the records of a range. ARGV: token, shelf, from, to (as ZLEXCOUNT takes them), the most that it takes away.
-- What has expired is taken away first: what is left can be counted without a look at each.
local limit = tonumber(ARGV[5])
if purge(limit) >= limit then return { 'again' } end
return { 'ok', decimal(call('ZLEXCOUNT', base .. 'i:' .. ARGV[2], ARGV[3], ARGV[4])) }
