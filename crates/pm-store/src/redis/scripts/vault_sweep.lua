-- Takes away records that have expired. ARGV: token, how many at most.
return { 'ok', decimal(purge(ARGV[2])) }
