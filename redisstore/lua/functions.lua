-- read returns what the record at key says of itself, nil if there is none.
-- Versions stay strings, since they have 63 bits and numbers here have 53.
local function read(key)
  local r = redis.call('HMGET', key, 'expires', 'head', 'entry')
  if not r[1] and not r[2] then
    return nil
  end
  local version, deadline, meta, at =
    string.match(r[2] or '', '^1 (%d+) (%-?%d+) [%-%d]+ [%-%d]+ (%d+) ()')
  local expires = tonumber(r[1] or '')
  if not version or not expires then
    return {damaged = true}
  end
  return {
    version = version,
    expires = expires,
    deadline = tonumber(deadline),
    owner = string.sub(r[2], at + tonumber(meta)),
    entry = r[3],
  }
end

-- ended tells whether a record that is not damaged is past its end at now.
local function ended(rec, now)
  return now >= rec.expires or now >= rec.deadline
end

-- keep lets key live until a while after expires. The time is relative, since
-- the clock here may be another than the one that expires goes by.
local function keep(key, expires, now)
  redis.call('PEXPIRE', key, string.format('%.0f', math.max(expires - now, 0) + grace))
end

-- enter puts an entry into an owner's index, and some that are long past their
-- deadlines out of it. It returns the entry's own part: deadline and birth.
local function enter(index, id, deadline, now, entry)
  local t = redis.call('TIME')
  if entry == '' then
    entry = deadline .. ' ' .. t[1] .. string.format('%06d', t[2])
  end
  local clock = math.min(now, tonumber(t[1]) * 1000)
  for _, member in ipairs(redis.call('ZRANDMEMBER', index, 3)) do
    local ends = tonumber(string.match(member, ' (%-?%d+) '))
    if ends and ends + grace < clock then
      redis.call('ZREM', index, member)
    end
  end
  redis.call('ZADD', index, 0, id .. ' ' .. entry)
  local rest = math.max(tonumber(deadline) - now, 0) + grace
  if redis.call('PTTL', index) < rest then
    redis.call('PEXPIRE', index, string.format('%.0f', rest))
  end
  return entry
end

-- gone is the answer of a change that ended rec, if there was one: 1, or whose
-- index has an entry to lose, and which.
local function gone(rec)
  if rec and rec.entry and rec.owner ~= '' then
    return {rec.owner, rec.entry}
  end
  return 1
end

