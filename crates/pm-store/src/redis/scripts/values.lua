-- The values of items that expire: each has a key of its own.

-- The key of the value of an item that expires.
local function value_key(record)
  return base .. 'x:' .. decimal(number8(string.sub(record, 3, 10)))
end

-- The record with its value in it; nil where it has expired or its value was evicted. In a cluster a value that is
-- not there although its time has not come is on its way to another node: reading it fails, and so does the call.
local function whole(record)
  if not record then return nil end
  if string.sub(record, 2, 2) ~= 'x' then return record end
  local value = call('GET', value_key(record))
  if not value then return nil end
  return string.sub(record, 1, 42) .. value
end
