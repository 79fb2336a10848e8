-- KEYS: an owner's index. ARGV: where to begin, as ZRANGE BYLEX has it; limit
-- Answers: the time here in milliseconds, and the entries.
local t = redis.call('TIME')
local members = redis.call('ZRANGE', KEYS[1], ARGV[1], '+', 'BYLEX', 'LIMIT', '0', ARGV[2])
return {tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000), members}
