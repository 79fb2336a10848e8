-- A replace as most are, done before the functions are made that it has no use
-- for: the version is the expected one, the record lives on at least as long as
-- before, and no index loses an entry. All else is left to what follows. What is
-- stored as expires, like what is given, is never after the deadline.
local stored = redis.call('HMGET', KEYS[1], 'expires', 'head', 'entry')
local ends, expires, now = tonumber(stored[1] or ''), tonumber(ARGV[3]), tonumber(ARGV[4])
if ends and stored[2] and now < ends and ends <= expires and (ARGV[7] == '1' or not stored[3])
  and string.find(stored[2], '1 ' .. ARGV[5] .. ' ', 1, true) == 1 then
  redis.call('HSET', KEYS[1], 'data', ARGV[1], 'head', ARGV[2], 'expires', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', expires - now + grace))
  return 1
end
