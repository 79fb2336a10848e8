-- KEYS: the record. ARGV: none, or a moment: remove it only if it ended by then.
-- Answers: what gone says; 0 nothing was removed.
local ok, rec = pcall(read, KEYS[1])
if not ok or rec and rec.damaged then
  rec = nil
  if ARGV[1] then
    return 0
  end
end
if ARGV[1] and not (rec and ended(rec, tonumber(ARGV[1]))) then
  return 0
end
if redis.call('UNLINK', KEYS[1]) == 0 then
  return 0
end
return gone(rec)
