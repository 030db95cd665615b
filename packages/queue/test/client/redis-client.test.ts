import { setTimeout as sleep } from 'node:timers/promises'
import type { Lease } from '@pool/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RedisClient, type RedisClientOptions } from '../../src/index.js'
import { landsWhole } from '../../src/resp/reply.js'
import { type Answering, handshakeOnly, type ScriptedRedis, scriptedRedis, welcome } from '../support/scripted-redis.js'
import { testPool } from '../support/test-pool.js'

/** A client of `redis` that goes when the test is over. */
function clientOf(redis: ScriptedRedis, options: RedisClientOptions = {}, scripts: readonly string[] = []): RedisClient {
  const client = new RedisClient({ url: redis.url, reconnectMaxMs: 20, ...options }, scripts)
  onTestFinished(() => client.destroy())
  return client
}

/** Answers the handshake, and all else as `answer` says. */
const answering =
  (answer: Answering): Answering =>
  (command, socket) =>
    handshakeOnly(command, socket) ?? answer(command, socket)

/** Lets time stand still, but for what the test says. */
function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

const code = (code: string) => expect.objectContaining({ code })

describe('logging in', () => {
  it('says HELLO with user, password and name, and selects the database, before any command', async () => {
    const redis = await scriptedRedis(answering(() => '+OK\r\n'))
    const client = clientOf(redis, { url: `${redis.url.replace('://', '://ada:secret@')}/3`, name: 'billing' })
    await client.send(['SET', 'a', 'b'])
    expect(redis.commands).toEqual([
      ['HELLO', '3', 'AUTH', 'ada', 'secret', 'SETNAME', 'billing'],
      ['CLIENT', 'ID'],
      ['SELECT', '3'],
      ['PING'],
      ['SET', 'a', 'b']
    ])
    expect(client.connectionId).toBe(7)
  })

  it('falls back to AUTH and CLIENT SETNAME where HELLO is unknown', async () => {
    const redis = await scriptedRedis((command, socket) =>
      command[0] === 'HELLO' ? "-ERR unknown command 'HELLO'\r\n" : (handshakeOnly(command, socket) ?? '$1\r\nb\r\n')
    )
    const client = clientOf(redis, { url: redis.url.replace('://', '://:secret@') })
    expect(await client.send(['GET', 'a'])).toBe('b')
    expect(redis.commands.slice(1, 3)).toEqual([
      ['AUTH', 'secret'],
      ['CLIENT', 'SETNAME', 'pool-queue']
    ])
  })

  it.each([
    ['a wrong password', '-WRONGPASS invalid username-password pair\r\n', 'ERR_POOL_REDIS_REFUSED'],
    ['no password where one is needed', '-NOAUTH Authentication required.\r\n', 'ERR_POOL_REDIS_REFUSED'],
    ['a node of a cluster', welcome.replace('standalone', 'cluster'), 'ERR_POOL_REDIS_UNSUPPORTED'],
    ['a Sentinel', welcome.replace('standalone', 'sentinel'), 'ERR_POOL_REDIS_UNSUPPORTED']
  ])('gives up for good at %s', async (_, hello, expected) => {
    const redis = await scriptedRedis((command, socket) => (command[0] === 'HELLO' ? hello : handshakeOnly(command, socket)))
    const client = clientOf(redis, { url: redis.url.replace('://', '://ada:secret@') })
    const error = await client.send(['GET', 'a']).catch((error) => error)
    expect(error).toMatchObject({ code: expected })
    expect(`${error.message} ${error.cause?.message}`).not.toContain('secret')
    await expect(client.send(['GET', 'a'])).rejects.toThrow(code(expected))
    expect(redis.commands.filter(([command]) => command === 'HELLO')).toHaveLength(1)
  })

  it('refuses a cluster that shows by MOVED', async () => {
    const redis = await scriptedRedis(answering(() => '-MOVED 3999 127.0.0.1:6381\r\n'))
    const client = clientOf(redis)
    await expect(client.send(['GET', 'a'])).rejects.toThrow(code('ERR_POOL_REDIS_UNSUPPORTED'))
  })

  it('tries again while Redis loads its data', async () => {
    let pings = 0
    const redis = await scriptedRedis((command, socket) => {
      if (command[0] === 'PING' && ++pings < 3) return '-LOADING Redis is loading the dataset in memory\r\n'
      return handshakeOnly(command, socket) ?? '+OK\r\n'
    })
    expect(await clientOf(redis).send(['SET', 'a', 'b'])).toBe('OK')
    expect(pings).toBe(3)
  })

  it('loads its scripts on each connection, and again when Redis has forgotten them', async () => {
    let isForgotten = true
    const redis = await scriptedRedis(
      answering(([command]) => {
        if (command !== 'EVALSHA') return '+sha\r\n'
        if (!isForgotten) return ':1\r\n'
        isForgotten = false
        return '-NOSCRIPT No matching script\r\n'
      })
    )
    const client = clientOf(redis, {}, ['return 1'])
    expect(await client.send(['EVALSHA', 'sha', 0])).toBe(1)
    const names = redis.commands.slice(3).map(([command]) => command)
    expect(names).toEqual(['SCRIPT', 'EVALSHA', 'SCRIPT', 'EVALSHA'])
  })
})

describe('bounds', () => {
  it('keeps commands back while maxUnansweredBytes are unanswered', async () => {
    const waiting: (() => void)[] = []
    const redis = await scriptedRedis(
      answering((_, socket) => {
        waiting.push(() => socket.write('+OK\r\n'))
        return undefined
      })
    )
    const client = clientOf(redis, { maxUnansweredBytes: 1000 })
    const sent = [1, 2, 3, 4, 5].map(() => client.send(['SET', 'a', Buffer.alloc(300)]))
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    await sleep(20)
    expect(waiting).toHaveLength(2)
    expect(client.stats()).toMatchObject({ unanswered: 2, waiting: 3 })
    for (let at = 0; at < 5; at++) {
      await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(at))
      waiting[at]?.()
    }
    await Promise.all(sent)
    expect(client.stats()).toMatchObject({ unanswered: 0, waiting: 0, waitingBytes: 0, unansweredBytes: 0 })
  })

  it('refuses with ERR_POOL_COMMAND_LIMIT beyond maxWaitingBytes, and keeps no lease of what it refused', async () => {
    const pool = testPool()
    const redis = await scriptedRedis()
    for (const socket of redis.sockets) socket.destroy()
    const client = clientOf(redis, { pool, maxUnansweredBytes: 1000, maxWaitingBytes: 100_000 })
    const lease = pool.lease(60_000)
    const sent = [1, 2, 3].map(() => client.send(['SET', 'a', lease]).catch((error) => error.code))
    expect(await Promise.race(sent)).toBe('ERR_POOL_COMMAND_LIMIT')
    expect(client.stats().refused).toBe(2)
    client.destroy()
    await Promise.all(sent)
    lease.release()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })
})

describe('timeouts and aborts', () => {
  it('says in ERR_POOL_COMMAND_TIMEOUT why there is no connection', async () => {
    const client = new RedisClient({ url: 'redis://127.0.0.1:1', commandTimeoutMs: 200 })
    onTestFinished(() => client.destroy())
    await expect(client.send(['PING'])).rejects.toMatchObject({
      code: 'ERR_POOL_COMMAND_TIMEOUT',
      message: expect.stringContaining('there is no connection (connect ECONNREFUSED 127.0.0.1:1)'),
      cause: expect.objectContaining({ code: 'ECONNREFUSED' })
    })
  })

  it('rejects with ERR_POOL_COMMAND_TIMEOUT, and throws the late reply away', async () => {
    const asked: string[] = []
    const redis = await scriptedRedis(
      answering(([, key = '']) => {
        asked.push(key)
        return undefined
      })
    )
    const pool = testPool()
    const client = clientOf(redis, { pool })
    fakeTime()
    const earlier = client.send(['ECHO', 'early'])
    const first = expect(client.send(['GET', 'a'], { lands: landsWhole, timeoutMs: 1000 })).rejects.toThrow(
      code('ERR_POOL_COMMAND_TIMEOUT')
    )
    const second = client.send(['GET', 'b'], { lands: landsWhole })
    while (asked.length < 3) await new Promise(setImmediate)
    const [socket] = redis.sockets
    // The connection is not dead: something comes in the second half of the time.
    vi.advanceTimersByTime(600)
    socket?.write('+early\r\n')
    expect(await earlier).toBe('early')
    vi.advanceTimersByTime(400)
    vi.useRealTimers()
    await first
    socket?.write('$4\r\nlate\r\n$5\r\nsound\r\n')
    const reply = (await second) as Lease<Buffer>
    expect(reply.buffer.toString()).toBe('sound')
    reply.release()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('drops a connection on which nothing comes any more', async () => {
    let isDead = false
    const redis = await scriptedRedis(answering(() => (isDead ? undefined : '+OK\r\n')))
    const client = clientOf(redis)
    expect(await client.send(['SET', 'a', 'b'])).toBe('OK')
    isDead = true
    await expect(client.send(['SET', 'a', 'b'], { timeoutMs: 30 })).rejects.toThrow(code('ERR_POOL_COMMAND_TIMEOUT'))
    isDead = false
    expect(await client.send(['SET', 'a', 'b'])).toBe('OK')
    expect(client.stats()).toMatchObject({ connections: 2, timeouts: 1 })
  })

  it.each([
    ['an answer', '+OK\r\n'],
    ['the refusal of a replica', "-READONLY You can't write against a read only replica.\r\n"]
  ])('drops a connection on which nothing comes any more behind %s', async (_, answer) => {
    const answers = ['+OK\r\n', answer, undefined]
    const redis = await scriptedRedis(answering(() => (answers.length > 0 ? answers.shift() : '+OK\r\n')))
    const client = clientOf(redis)
    await client.send(['SET', 'a', '1'])
    fakeTime()
    const answered = client.send(['SET', 'a', '2'])
    const timedOut = expect(client.send(['SET', 'a', '3'], { timeoutMs: 1000 })).rejects.toThrow(code('ERR_POOL_COMMAND_TIMEOUT'))
    while (client.stats().unanswered !== 1) await new Promise(setImmediate)
    vi.advanceTimersByTime(1000)
    vi.useRealTimers()
    await timedOut
    expect(await client.send(['SET', 'a', '4'])).toBe('OK')
    expect(await answered).toBe('OK')
    expect(client.stats()).toMatchObject({ connections: 2, timeouts: 1 })
  })

  it('rejects with the reason of a signal, before and after the command was sent', async () => {
    const redis = await scriptedRedis()
    const client = clientOf(redis)
    await expect(client.send(['GET', 'a'], { signal: AbortSignal.abort('early') })).rejects.toBe('early')
    const controller = new AbortController()
    const sent = client.send(['GET', 'a'], { signal: controller.signal })
    await vi.waitFor(() => expect(redis.commands.at(-1)).toEqual(['GET', 'a']))
    controller.abort('late')
    await expect(sent).rejects.toBe('late')
  })

  it('waits no longer than the timeout for a connection', async () => {
    const client = new RedisClient({ url: 'redis://127.0.0.1:1', commandTimeoutMs: 50, reconnectMaxMs: 10 })
    onTestFinished(() => client.destroy())
    await expect(client.send(['PING'])).rejects.toThrow(/could not be sent within 50 ms/)
    expect(client.stats().failedConnections).toBeGreaterThan(0)
  })
})

describe('a lost connection', () => {
  it('rejects what may have been executed, sends again what is idempotent, and sends in order what never left', async () => {
    let isFirst = true
    const redis = await scriptedRedis(
      answering(([command, key], socket) => {
        if (!isFirst) return `$${key?.length}\r\n${key}\r\n`
        if (key === 'second') {
          isFirst = false
          socket.destroy()
        }
        return command === 'ECHO' ? '+ready\r\n' : undefined
      })
    )
    const client = clientOf(redis)
    await client.send(['ECHO', 'x'])
    const once = client.send(['XADD', 'first'])
    const again = client.send(['GET', 'second'], { idempotent: true })
    await expect(once).rejects.toThrow(code('ERR_POOL_CONNECTION_LOST'))
    expect(await again).toBe('second')
    expect(redis.commands.filter(([, key]) => key === 'first')).toHaveLength(1)
    expect(client.stats()).toMatchObject({ resent: 1, connections: 2 })
  })

  it('pauses for longer before each attempt, while Redis takes connections and drops them', async () => {
    const redis = await scriptedRedis((_, socket) => {
      socket.destroy()
      return undefined
    })
    const client = clientOf(redis, { reconnectMaxMs: 400 })
    await expect(client.send(['PING'], { timeoutMs: 700 })).rejects.toThrow(code('ERR_POOL_COMMAND_TIMEOUT'))
    expect(client.stats().failedConnections).toBeGreaterThan(1)
    expect(client.stats().failedConnections).toBeLessThan(8)
  })

  it('pauses for longer before each attempt, too, while Redis drops connections at their first command', async () => {
    const redis = await scriptedRedis(
      answering((_, socket) => {
        socket.destroy()
        return undefined
      })
    )
    const client = clientOf(redis, { reconnectMaxMs: 10_000 })
    await expect(client.send(['GET', 'a'], { idempotent: true, timeoutMs: 1000 })).rejects.toThrow(code('ERR_POOL_COMMAND_TIMEOUT'))
    expect(client.stats().connections).toBeGreaterThan(1)
    expect(client.stats().connections).toBeLessThan(9)
  })

  it.each([
    ['a hostile length', '$9999999999\r\n'],
    ['a negative length', '*-5\r\n'],
    ['arrays nested 10⁵ deep', '*1\r\n'.repeat(100_000)],
    ['a reply that nothing asked for', '+OK\r\n+OK\r\n']
  ])('closes the connection at %s, and goes on with another', async (_, reply) => {
    let isFirst = true
    const pool = testPool()
    const redis = await scriptedRedis(
      answering(() => {
        if (!isFirst) return '+OK\r\n'
        isFirst = false
        return reply
      })
    )
    const client = clientOf(redis, { pool })
    await client.send(['GET', 'a'], { lands: landsWhole }).catch((error) => expect(error.code).toBe('ERR_POOL_CONNECTION_LOST'))
    await vi.waitFor(async () => expect(await client.send(['GET', 'a'])).toBe('OK'))
    await vi.waitFor(() => expect(client.stats().connections).toBe(2))
    expect(pool.stats().peakInUse).toBeLessThan(10)
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })
})

describe('closing', () => {
  it('answers what was sent, refuses what comes after, and ends', async () => {
    const redis = await scriptedRedis(answering(() => '+OK\r\n'))
    const client = clientOf(redis)
    const sent = client.send(['SET', 'a', 'b'])
    const closing = client.close()
    await expect(client.send(['SET', 'a', 'b'])).rejects.toThrow(code('ERR_POOL_CLOSED'))
    expect(await sent).toBe('OK')
    await closing
    await vi.waitFor(() => expect(redis.sockets.size).toBe(0))
  })

  it('rejects what waits when it is destroyed, while it connects, too', async () => {
    const redis = await scriptedRedis(() => undefined)
    const client = clientOf(redis)
    const sent = client.send(['GET', 'a'])
    await vi.waitFor(() => expect(redis.sockets.size).toBe(1))
    client.destroy()
    await expect(sent).rejects.toThrow(code('ERR_POOL_CLOSED'))
  })
})

describe('wrong use', () => {
  it.each<[string, RedisClientOptions]>([
    ['an unknown option', { urls: 'redis://host' } as RedisClientOptions],
    ['a name with spaces', { name: 'a b' }],
    ['a connect that is no function', { connect: 1 as never }],
    ['a pool that is none', { pool: {} as never }],
    ['a bound of no bytes', { maxWaitingBytes: 0 }],
    ['messages that the pool does not serve', { maxMessageBytes: 600 * 1024 * 1024 }]
  ])('refuses %s with ERR_POOL_INVALID_OPTION', (_, options) => {
    expect(() => new RedisClient(options)).toThrow(code('ERR_POOL_INVALID_OPTION'))
  })

  it('refuses a lease that was released, and keeps none of the others', async () => {
    const pool = testPool()
    const redis = await scriptedRedis()
    const kept = pool.lease(10)
    const gone = pool.lease(10)
    gone.release()
    await expect(clientOf(redis).send(['SET', kept, gone])).rejects.toThrow(code('ERR_POOL_LEASE_RELEASED'))
    kept.release()
    expect(pool.stats().inUse).toBe(0)
  })
})
