-- KEYS: the record. ARGV: data, head, expires, now, old version, deadline, owned
-- Answers: 1 or what gone says; 0 there is none; -1 another version; -3 damaged.
local now = tonumber(ARGV[4])
local old = read(KEYS[1])
if not old then
  return 0
end
if old.damaged then
  return -3
end
if ended(old, now) then
  return 0
end
if old.version ~= ARGV[5] then
  return -1
end
local expires, deadline = ARGV[3], tonumber(ARGV[6])
if old.expires > tonumber(expires) then
  expires = string.format('%.0f', old.expires)
end
if tonumber(expires) > deadline then
  expires = ARGV[6]
end
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'head', ARGV[2], 'expires', expires)
keep(KEYS[1], tonumber(expires), now)
if ARGV[7] == '1' then
  return 1
end
if old.entry then
  redis.call('HDEL', KEYS[1], 'entry')
end
return gone(old)
