-- Notes that a project is about to change. ARGV: token, id, the token of the mark.
call('HSET', W, ARGV[2] .. ARGV[3], call('TIME')[1])
return { 'ok' }
