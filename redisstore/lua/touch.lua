-- KEYS: the record. ARGV: expires, now
-- Answers: 1; 0 there is none; -3 damaged.
local now = tonumber(ARGV[2])
local rec = read(KEYS[1])
if not rec then
  return 0
end
if rec.damaged then
  return -3
end
if ended(rec, now) then
  return 0
end
local expires = math.min(tonumber(ARGV[1]), rec.deadline)
if expires > rec.expires then
  redis.call('HSET', KEYS[1], 'expires', string.format('%.0f', expires))
  keep(KEYS[1], expires, now)
end
return 1
