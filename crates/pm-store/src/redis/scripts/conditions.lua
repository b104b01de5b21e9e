-- Whether a condition holds on what is there in this version (a number, or nil). It reads '', '*' or ',1,2,'.
local function matches(wanted, version)
  if version == nil then return false end
  return wanted == '*' or string.find(wanted, ',' .. decimal(version) .. ',', 1, true) ~= nil
end

local function holds(if_match, if_none_match, version)
  return (if_match == '' or matches(if_match, version)) and not (if_none_match ~= '' and matches(if_none_match, version))
end
