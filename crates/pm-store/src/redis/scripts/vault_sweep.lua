-- Takes away records that have expired. ARGV: token, how many at most.
local due = call('ZRANGEBYLEX', E, '-', '(' .. now8() .. '\255', 'LIMIT', 0, ARGV[2])
for _, member in ipairs(due) do
  local colon = string.find(member, ':', 9, true)
  local shelf, id = string.sub(member, 9, colon - 1), string.sub(member, colon + 1)
  call('HDEL', base .. 'r:' .. shelf, id)
  call('ZREM', base .. 'i:' .. shelf, id)
  call('ZREM', E, member)
end
return { 'ok', decimal(#due) }
