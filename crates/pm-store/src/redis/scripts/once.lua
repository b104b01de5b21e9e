-- What was answered the first time to a write that may be repeated; nil where this is the first time.
local function replayed(scope, fingerprint)
  if scope == '' then return nil end
  local record = call('GET', base .. 'o:' .. scope)
  if not record then return nil end
  if string.sub(record, 1, 32) ~= fingerprint then return { 'mismatch' } end
  return { 'replay', string.sub(record, 33, 56), cmsgpack.unpack(string.sub(record, 57)) }
end

-- Keeps the answer for the next time.
local function remember(scope, fingerprint, stamp, until_ms, answer)
  if scope ~= '' then
    call('SET', base .. 'o:' .. scope, fingerprint .. stamp .. cmsgpack.pack(answer), 'PXAT', until_ms)
  end
end
