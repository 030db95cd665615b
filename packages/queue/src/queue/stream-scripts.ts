import { type RedisScript, script } from '../client/redis-script.js'

/*
 * A payload beside the stream has the key `<stream>:<reference>`. `<stream>:payloads` says which entry it belongs to, as does `<dead>:payloads`
 * for dead letters: members are an entry and a reference, ordered by the time of the entry.
 */

/** Removes payloads whose entry is gone, until it meets one whose entry is there. */
const sweepPayloadsFunction = `
local function sweep(stream, members)
  for _, member in ipairs(members) do
    local id, reference = string.match(member, '^(%S+) (%S+)$')
    if redis.call('XRANGE', stream, id, id)[1] then return end
    redis.call('ZREM', stream .. ':payloads', member)
    redis.call('UNLINK', KEYS[1] .. ':' .. reference)
  end
end
`

/**
 * Adds a message where there is room. KEYS: the stream; the key of its id. ARGV: the message; the most messages, 0 for any number; `1` where
 * the oldest give way; its id or nothing; for how many ms the id counts; `d` where the message is given, `p` where a reference to it is, whose
 * payload then stays for good.
 * Gives the entry's id and whether it was there before, as 1; 2 where the payload is not there; nothing where the stream is full.
 */
export const addScript: RedisScript = script(`${sweepPayloadsFunction}
local known = ARGV[4] ~= '' and redis.call('GET', KEYS[2])
if known then return {known, 1} end
local most = tonumber(ARGV[2])
local entry = {'XADD', KEYS[1]}
if ARGV[3] == '1' then
  entry[3] = 'MAXLEN' entry[4] = most
elseif most > 0 and redis.call('XLEN', KEYS[1]) >= most then
  return false
end
local payload = ARGV[6] == 'p' and KEYS[1] .. ':' .. ARGV[1]
if payload and redis.call('EXISTS', payload) == 0 then return {'', 2} end
entry[#entry + 1] = '*'
entry[#entry + 1] = ARGV[6]
entry[#entry + 1] = ARGV[1]
if ARGV[4] ~= '' then entry[#entry + 1] = 'k' entry[#entry + 1] = ARGV[4] end
local id = redis.call(unpack(entry))
if payload then
  redis.call('PERSIST', payload)
  redis.call('ZADD', KEYS[1] .. ':payloads', string.match(id, '^%d+'), id .. ' ' .. ARGV[1])
end
if ARGV[3] == '1' then sweep(KEYS[1], redis.call('ZRANGE', KEYS[1] .. ':payloads', 0, 15)) end
if ARGV[4] ~= '' then redis.call('SET', KEYS[2], id, 'PX', ARGV[5]) end
return {id, 0}
`)

/** Removes messages for good. KEYS: the stream. ARGV: the group; entries. Gives how many of them were still pending. */
export const ackScript: RedisScript = script(`
local acked = redis.call('XACK', KEYS[1], unpack(ARGV))
redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
return acked
`)

/** Removes a payload that no entry refers to yet. KEYS: the payload. */
export const discardScript: RedisScript = script(`
if redis.call('PTTL', KEYS[1]) < 0 then return 0 end
return redis.call('UNLINK', KEYS[1])
`)

/**
 * Removes a message for good that lies beside the stream. KEYS: the stream. ARGV: the group; the entry; the reference. Gives whether it was
 * still pending. A payload that went to the dead letters meanwhile stays.
 */
export const ackLargeScript: RedisScript = script(`
local acked = redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if redis.call('ZREM', KEYS[1] .. ':payloads', ARGV[2] .. ' ' .. ARGV[3]) == 1 then redis.call('UNLINK', KEYS[1] .. ':' .. ARGV[3]) end
return acked
`)

/** Moves an entry to the dead letters, with the reason and how often it was delivered. Its payload stays where it is. */
const buryFunction = `${sweepPayloadsFunction}
local function referenceOf(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'p' then return string.match(fields[i + 1], '^payload:%d+:[%w_%-]+$') end
  end
end
local function bury(id, fields, why, count)
  local letter = {'XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*'}
  for i = 1, #fields do letter[#letter + 1] = fields[i] end
  for _, word in ipairs({'from', id, 'why', why, 'deliveries', count}) do letter[#letter + 1] = word end
  local buried = redis.call(unpack(letter))
  local reference = referenceOf(fields)
  if reference and redis.call('ZREM', KEYS[1] .. ':payloads', id .. ' ' .. reference) == 1 then
    redis.call('ZADD', KEYS[2] .. ':payloads', string.match(buried, '^%d+'), buried .. ' ' .. reference)
  end
  sweep(KEYS[2], redis.call('ZRANGE', KEYS[2] .. ':payloads', 0, 15))
  redis.call('XACK', KEYS[1], ARGV[1], id)
  redis.call('XDEL', KEYS[1], id)
end
`

/**
 * Takes messages that were given up, and buries entries that were delivered too often or are not messages. KEYS: the stream; the dead letters.
 * ARGV: the group; the most dead letters; the consumer; how long a message was left alone, in ms; the most to take; the most deliveries;
 * the most bytes of a message; the bytes that there is room for, beyond which it takes one message. Looks at some payloads, whether their entry is gone, too. Gives how many were buried, and for each message taken:
 * its deliveries, its entry, its fields.
 */
export const claimScript: RedisScript = script(`${buryFunction}
for _, stream in ipairs(KEYS) do sweep(stream, redis.call('ZRANDMEMBER', stream .. ':payloads', 4)) end
local left = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[3], ARGV[4], '0-0', 'COUNT', ARGV[5], 'JUSTID')
local result = {0}
local room = tonumber(ARGV[8])
for _, id in ipairs(left[2]) do
  local count = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1][4]
  local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id)[1]
  if entry then
    local fields = entry[2]
    local reference = referenceOf(fields)
    local bytes = reference and tonumber(string.match(reference, '%d+')) or -1
    for i = 1, #fields, 2 do if fields[i] == 'd' then bytes = #fields[i + 1] end end
    local why = bytes < 0 and 'malformed' or bytes > tonumber(ARGV[7]) and 'too large' or count >= tonumber(ARGV[6]) and 'deliveries'
    if why then
      bury(id, fields, why, count)
      result[1] = result[1] + 1
    elseif room <= 0 and #result > 1 then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id, 'IDLE', ARGV[4], 'RETRYCOUNT', count, 'JUSTID')
    else
      room = room - bytes
      result[#result + 1] = {count + 1, id, fields}
    end
  end
end
return result
`)

/**
 * Buries an entry that can't be delivered, unless it is gone. KEYS: the stream; the dead letters. ARGV: the group; the most dead letters; the
 * entry; why; how often it was delivered. Gives whether it did.
 */
export const buryScript: RedisScript = script(`${buryFunction}
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
if entry then
  bury(ARGV[3], entry[2], ARGV[4], ARGV[5])
  return 1
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
return 0
`)

/**
 * Keeps the messages that this consumer still has. KEYS: the stream. ARGV: the group; the consumer; `1` for all
 * that it has, up to 10 000; entries. Gives how many of them it has.
 */
export const renewScript: RedisScript = script(`
local kept = 0
if ARGV[3] == '1' then
  for _, pending in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 10000, ARGV[2])) do
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, pending[1], 'JUSTID')
    kept = kept + 1
  end
  return kept
end
for i = 4, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if pending[1] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    kept = kept + 1
  end
end
return kept
`)

/**
 * Hands a message back that this consumer still has. KEYS: the stream. ARGV: the group; the consumer; the entry; for how many ms it counts as
 * left alone; how often it was delivered. Gives whether the consumer had it.
 */
export const giveBackScript: RedisScript = script(`
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if not pending[1] then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'IDLE', ARGV[4], 'RETRYCOUNT', ARGV[5], 'JUSTID')
return 1
`)

/**
 * Forgets consumers that have nothing pending: the one that leaves, and those that gave no sign for long. KEYS: the stream. ARGV: the group; the
 * consumer that leaves, or nothing; after how many ms another counts as gone.
 */
export const sweepScript: RedisScript = script(`
local swept = 0
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local of = {}
  for i = 1, #info, 2 do of[info[i]] = info[i + 1] end
  if of.pending == 0 and (of.name == ARGV[2] or of.idle > tonumber(ARGV[3])) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], of.name)
    swept = swept + 1
  end
end
return swept
`)

/** How long the queue is. KEYS: the stream; the dead letters. ARGV: the group. Gives its messages, the dead, the pending, the first entry. */
export const depthScript: RedisScript = script(`
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1])
return {redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[2]), pending[1] or 0, first and first[1] or ''}
`)

/** All of them, which each connection loads. */
export const streamScripts: readonly RedisScript[] = [
  addScript,
  discardScript,
  ackScript,
  ackLargeScript,
  claimScript,
  buryScript,
  renewScript,
  giveBackScript,
  sweepScript,
  depthScript
]
