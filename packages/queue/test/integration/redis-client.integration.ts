import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BufferSource, Lease } from '@pool/core'
import { CutProxy } from '@tooling/redis-testbed/cut-proxy'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { landsWhole, PooledQueue, RedisClient, type RedisClientOptions } from '../../src/index.js'
import { eachConnection } from '../support/each-connection.js'
import { quick } from '../support/redis-queues.js'
import { testPool } from '../support/test-pool.js'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

function clientOf(options: RedisClientOptions = {}): RedisClient {
  const client = new RedisClient({ url: server.url, reconnectMaxMs: 20, ...options })
  onTestFinished(() => client.destroy())
  return client
}

/** Sends `bytes` as a lease, and gives what Redis says that it has. */
async function roundTrip(client: RedisClient, pool: BufferSource<Buffer>, bytes: Buffer): Promise<Buffer> {
  using lease = pool.lease(bytes.length)
  bytes.copy(lease.buffer)
  await client.send(['SET', 'round', lease])
  using reply = (await client.send(['GET', 'round'], { lands: landsWhole })) as Lease<Buffer>
  return Buffer.from(reply.buffer)
}

describe.each(eachConnection)('a client on %s', (_, connecting) => {
  it('brings every size back byte for byte, and gives all memory back', async () => {
    const pool = testPool()
    const client = clientOf({ pool, ...connecting(pool) })
    for (const bytes of [1, 2, 255, 1023, 1024, 1025, 4096, 16_384, 65_535, 65_536, 65_537, 1_048_576, 10 * 1024 * 1024]) {
      const sent = randomBytes(bytes)
      expect((await roundTrip(client, pool, sent)).equals(sent), `${bytes} bytes`).toBe(true)
    }
    const everyByte = Buffer.from(Array.from({ length: 512 }, (_, at) => at & 255))
    expect((await roundTrip(client, pool, everyByte)).equals(everyByte)).toBe(true)
    await client.close()
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('goes on with other commands when bytes of one are transferred before it is sent', async () => {
    const client = clientOf()
    await client.send(['PING'])
    const bytes = Buffer.from(new ArrayBuffer(100))
    const replies = [client.send(['ECHO', 'before']), client.send(['ECHO', bytes]), client.send(['ECHO', 'behind'])]
    structuredClone(bytes, { transfer: [bytes.buffer] })
    expect(await Promise.all(replies)).toEqual(['before', '', 'behind'])
  })

  it.each([undefined, 'PING', [], [undefined], ['ECHO', {}], ['ECHO', true]])('refuses %j, which is not a command', async (parts) => {
    await expect(clientOf().send(parts as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
  })

  it('answers a thousand commands of one turn in their order', async () => {
    const pool = testPool()
    const client = clientOf({ pool, ...connecting(pool) })
    const replies = await Promise.all(Array.from({ length: 1000 }, (_, at) => client.send(['ECHO', `Nº ${at} ${'x'.repeat(at % 100)}`])))
    expect(replies).toEqual(Array.from({ length: 1000 }, (_, at) => `Nº ${at} ${'x'.repeat(at % 100)}`))
  })

  it('speaks RESP3, tells its name, and gives nested replies', async () => {
    const pool = testPool()
    const client = clientOf({ pool, name: 'testing', ...connecting(pool) })
    expect(await client.send(['CLIENT', 'GETNAME'])).toBe('testing')
    expect(await client.send(['EVAL', 'return {1, {2, "three"}, false}', 0])).toEqual([1, [2, 'three'], null])
    await expect(client.send(['INCR', 'round', 'too', 'many'])).rejects.toMatchObject({ code: 'ERR_POOL_REDIS_REPLY', redisCode: 'ERR' })
  })

  it('waits for memory while the pool is out, and goes on when there is some', async () => {
    const pool = testPool(64 * 1024 * 1024)
    const small = testPool(1024 * 1024)
    const client = clientOf({ pool: small, ...connecting(pool) })
    await client.send(['SET', 'large', randomBytes(100_000)])
    const held = small.lease(900_000)
    const reading = client.send(['GET', 'large'], { lands: landsWhole })
    await sleep(50)
    held.release()
    const reply = (await reading) as Lease<Buffer>
    expect(reply.buffer).toHaveLength(100_000)
    reply.release()
  })

  it('never stores bytes of the next owner of memory, a thousand times: timeout, release, reconnect', async () => {
    const pool = testPool()
    const proxy = await CutProxy.start(server.port)
    onTestFinished(() => proxy.stop())
    const client = clientOf({ pool, url: `redis://127.0.0.1:${proxy.port}`, ...connecting(pool) })
    const check = clientOf({ pool })
    const bytes = 64 * 1024
    let timedOut = 0
    for (let round = 0; round < 1000; round++) {
      const key = `replayed-${round % 50}`
      await client.send(['DEL', key], { idempotent: true })
      const lease = pool.lease(bytes)
      lease.buffer.fill(1)
      // Before it is sent, while it is sent, and while its answer is on the way.
      if (round % 3 === 0) proxy.cut()
      if (round % 3 === 1) proxy.silence()
      const sent = client.send(['SET', key, lease], { idempotent: true, timeoutMs: 1 + (round % 4) })
      const outcome = await sent.then(
        () => 'stored',
        () => 'rejected'
      )
      if (outcome === 'rejected') timedOut++
      lease.release()
      // The next owners of the memory, if there is any to be had.
      const others = [pool.lease(bytes), pool.lease(bytes)]
      for (const other of others) other.buffer.fill(2)
      if (round % 3 === 1) {
        proxy.cut()
        proxy.restore()
      }
      for (const other of others) other.release()
      using stored = (await check.send(['GET', key], { lands: landsWhole })) as Lease<Buffer> & Disposable
      if (stored?.buffer.some((byte) => byte !== 1)) throw new Error(`round ${round}: bytes of the next owner`)
    }
    // The last commands may have arrived after they were looked at.
    for (let key = 0; key < 50; key++) {
      using stored = (await check.send(['GET', `replayed-${key}`], { lands: landsWhole })) as Lease<Buffer> & Disposable
      if (stored !== null) expect(stored.buffer.every((byte) => byte === 1)).toBe(true)
    }
    expect(timedOut).toBeGreaterThan(100)
  })
})

describe('logging in to a real Redis', () => {
  it('gives a user and its password, and is refused with a wrong one', async () => {
    const admin = clientOf({})
    await admin.send(['ACL', 'SETUSER', 'ada', 'on', '>secret', '~*', '+@all'])
    const right = clientOf({ url: `redis://ada:secret@127.0.0.1:${server.port}/2` })
    expect(await right.send(['SET', 'a', 'b'])).toBe('OK')
    const wrong = clientOf({ url: `redis://ada:wrong@127.0.0.1:${server.port}` })
    await expect(wrong.send(['SET', 'a', 'b'])).rejects.toMatchObject({ code: 'ERR_POOL_REDIS_REFUSED' })
  })

  it('speaks RESP2, gives a password alone, and brings messages, where Redis knows no HELLO', async () => {
    const old = await RedisServer.start('--rename-command', 'HELLO', '')
    onTestFinished(() => old.stop())
    await clientOf({ url: old.url }).send(['CONFIG', 'SET', 'requirepass', 'secret'])
    const url = `redis://:secret@127.0.0.1:${old.port}/3`
    const pool = testPool()
    const queue = new PooledQueue({ url, queue: 'resp2', pool, ...quick })
    onTestFinished(() => queue.close({ timeoutMs: 500 }))
    const sent = randomBytes(100_000)
    await queue.add(sent, { id: 'one' })
    const deliveries: number[] = []
    for await (const job of queue.consume()) {
      expect(job.buffer.equals(sent)).toBe(true)
      deliveries.push(job.deliveries)
      if (job.deliveries === 1) await job.retry()
      else {
        await job.ack()
        break
      }
    }
    expect(deliveries).toEqual([1, 2])
    const client = clientOf({ url })
    expect(await client.send(['CLIENT', 'INFO'])).toMatch(/ db=3 .* resp=2/)
    expect(await client.send(['EXISTS', 'pool:{resp2}:id:one'])).toBe(1)
    const wrong = clientOf({ url: `redis://:wrong@127.0.0.1:${old.port}` })
    await expect(wrong.send(['PING'])).rejects.toMatchObject({ code: 'ERR_POOL_REDIS_REFUSED' })
  })

  it.each([
    ['a node of a cluster', ['--cluster-enabled', 'yes'], /node of Redis Cluster/],
    [
      'a node of a cluster that does not know HELLO',
      ['--cluster-enabled', 'yes', '--rename-command', 'HELLO', ''],
      /node of Redis Cluster/
    ],
    ['Sentinel', ['--sentinel'], /Redis Sentinel, which holds no data/]
  ])('refuses %s for good, and says so', async (_, parameters, sentence) => {
    const other = await RedisServer.start(...parameters)
    onTestFinished(() => other.stop())
    const client = clientOf({ url: other.url })
    for (const command of [['GET', 'a'], ['PING']]) {
      await expect(client.send(command)).rejects.toMatchObject({
        code: 'ERR_POOL_REDIS_UNSUPPORTED',
        message: expect.stringMatching(sentence)
      })
    }
    expect(client.closed).toBe(true)
  })
})
