-- KEYS: the owner's index. ARGV: id, deadline, now, entry or ''
-- Answers: the entry.
return enter(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4])
