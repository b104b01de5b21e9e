-- What all scripts on a project share. KEYS[1] is the project's hash; the names of its other keys follow from it
-- (redis/keys.rs tells what each holds). ARGV[1] is a token of 16 bytes that no other call has. Redis runs this anew at
-- each call, so that a script has no more of the files beside this one than it uses.
local P = KEYS[1]
local base = string.sub(P, 1, -2)
local I, K, T, S, E, L = base .. 'i', base .. 'k', base .. 't', base .. 's', base .. 'e', base .. 'l'
local V = base .. 'v'
local token = ARGV[1]

-- In a record of an item: what stands where (redis/record.rs).
local NO_SESSION = string.rep('\0', 16)

local function number8(text)
  local high, low = struct.unpack('>I4I4', text)
  return high * 4294967296 + low
end

-- The project's status, revision, and position in the log of changes; nil where it is not there.
local function project()
  local found = call('HMGET', P, 's', 'r', 'n', 'l')
  if not found[1] then return nil end
  local entries = tonumber(found[3])
  -- `kept` is how many entries there were when it was saved last.
  return { archived = found[1] ~= '0', revision = tonumber(found[2]), entries = entries, kept = entries, last = found[4] }
end
