-- KEYS: the record; the owner's index if it is on the same server.
-- ARGV: data, head, expires, now, entry, id, deadline
-- Answers: 1 or what gone says; -2 there is a live record; -3 it is damaged.
local now = tonumber(ARGV[4])
local old = read(KEYS[1])
if old and old.damaged then
  return -3
end
if old and not ended(old, now) then
  return -2
end
local entry = ARGV[5]
if KEYS[2] then
  entry = enter(KEYS[2], ARGV[6], ARGV[7], now, '')
end
redis.call('UNLINK', KEYS[1])
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'head', ARGV[2], 'expires', ARGV[3])
if entry ~= '' then
  redis.call('HSET', KEYS[1], 'entry', entry)
end
keep(KEYS[1], tonumber(ARGV[3]), now)
return gone(old)
