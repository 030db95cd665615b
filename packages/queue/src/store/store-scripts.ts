import { type RedisScript, script } from '../client/redis-script.js'

/**
 * Records how often a payload may be taken, before it is put. KEYS: the record of its takes. ARGV: how often; for how many ms.
 */
export const countScript: RedisScript = script(`
redis.call('HSET', KEYS[1], 'left', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

/**
 * Counts one take, and removes the payload with the last. Each take has a token, so that one that is sent again counts once; the tokens
 * outlive the payload for that. KEYS: the payload; the record of its takes. ARGV: the token; for how many ms tokens are kept.
 * Gives how many takes are left; -1 where the payload is gone, -2 where it was taken as often as it may.
 */
export const dropScript: RedisScript = script(`
local left = tonumber(redis.call('HGET', KEYS[2], 'left') or 1)
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return math.max(left, 0) end
if left < 1 then return -2 end
local lives = redis.call('PTTL', KEYS[1])
if lives == -2 then return -1 end
left = left - 1
redis.call('HSET', KEYS[2], 'left', left, ARGV[1], 1)
if left == 0 then
  redis.call('UNLINK', KEYS[1])
  lives = 0
end
redis.call('PEXPIRE', KEYS[2], math.max(lives, 0) + ARGV[2])
return left
`)

/** All of them, which the store's connection loads. */
export const storeScripts: readonly RedisScript[] = [countScript, dropScript]
