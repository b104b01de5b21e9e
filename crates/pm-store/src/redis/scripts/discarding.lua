-- Puts what expires aside, for discard.lua to delete its values in small steps.
local G = base .. 'g'
local function discard_values()
  if call('EXISTS', E) == 1 then
    if call('EXISTS', G) == 1 then
      call('ZUNIONSTORE', G, 2, G, E)
      call('UNLINK', E)
    else
      call('RENAME', E, G)
    end
    -- Should nobody come to finish it: the values expire by themselves.
    call('PEXPIRE', G, 86400000)
  end
end
