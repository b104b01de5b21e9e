-- What scripts on vectors share. The vector of an item is: version 8, model 8, bytes.

-- Whether the item of this record is there: its time has not come, and its value was not evicted.
local function live(record, now)
  if not record then return false end
  local expires = string.sub(record, 19, 26)
  if expires == NEVER then return true end
  if earlier_or_equal(expires, now) then return false end
  return string.sub(record, 2, 2) ~= 'x' or call('EXISTS', value_key(record)) == 1
end

-- Whether the item of this name is live; its vector by this model in its present version, or false; how many bytes were
-- read to find out.
local function vector_of(name, model, now)
  local record = call('HGET', I, name)
  if not live(record, now) then return false, false, record and #record or 0 end
  local vector = call('HGET', V, name)
  if not vector then return true, false, #record end
  local read = #record + #vector
  if string.sub(vector, 1, 8) ~= string.sub(record, 3, 10) or string.sub(vector, 9, 16) ~= model then
    return true, false, read
  end
  return true, string.sub(vector, 17), read
end
