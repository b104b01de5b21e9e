-- Deletes some of the values that were put aside; how many were left before. ARGV: token, how many.
local found = call('ZRANGEBYLEX', G, '-', '+', 'LIMIT', 0, ARGV[2])
for _, member in ipairs(found) do
  call('UNLINK', base .. 'x:' .. decimal(number8(string.sub(member, 9, 16))))
  call('ZREM', G, member)
end
return { 'ok', decimal(#found) }
