-- Pages of lists that are kept as sorted sets of equal scores, compared byte by byte. A member is: SKIP bytes, one byte
-- of group (an item's type, a message's role, a project's status), and the rest. A list is the union of ranges, one a
-- group, ordered by the first HEAD bytes of the rest, then the group, then what remains.

-- Lua compares strings by the collation of the server's locale: not what is wanted.
local function compare(a, b)
  if a == b then return 0 end
  local shorter = math.min(#a, #b)
  for n = 1, shorter do
    local x, y = string.byte(a, n), string.byte(b, n)
    if x ~= y then return x < y and -1 or 1 end
  end
  return #a < #b and -1 or 1
end

local function place(member, skip, head)
  local rest = string.sub(member, skip + 2)
  return { member, string.sub(rest, 1, head), string.sub(member, skip + 1, skip + 1), string.sub(rest, head + 1) }
end

local function before(a, b)
  local order = compare(a[2], b[2])
  if order == 0 then order = compare(a[3], b[3]) end
  if order == 0 then order = compare(a[4], b[4]) end
  return order < 0
end

-- ARGV from `at`: descending (0 | 1), limit, skip, head, then for each range: min and max of the whole list's, min and
-- max of the page's. Answers the members of the page and one more if there is one, and how many the list has.
local function page(set, at)
  local descending, limit = ARGV[at] == '1', tonumber(ARGV[at + 1])
  local skip, head = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local total, heads = 0, {}
  for n = at + 4, #ARGV, 4 do
    total = total + call('ZLEXCOUNT', set, ARGV[n], ARGV[n + 1])
    local found
    if descending then
      found = call('ZREVRANGEBYLEX', set, ARGV[n + 3], ARGV[n + 2], 'LIMIT', 0, limit + 1)
    else
      found = call('ZRANGEBYLEX', set, ARGV[n + 2], ARGV[n + 3], 'LIMIT', 0, limit + 1)
    end
    if #found > 0 then heads[#heads + 1] = { found, 1, place(found[1], skip, head) } end
  end
  if #heads == 1 then return heads[1][1], total end
  local members = {}
  while #members <= limit do
    local best
    for _, one in ipairs(heads) do
      if one[3] and (not best or before(one[3], best[3]) ~= descending) then best = one end
    end
    if not best then break end
    members[#members + 1] = best[3][1]
    best[2] = best[2] + 1
    local following = best[1][best[2]]
    best[3] = following and place(following, skip, head)
  end
  return members, total
end
