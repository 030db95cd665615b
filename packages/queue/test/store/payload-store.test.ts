import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { PayloadStore, type PayloadStoreOptions } from '../../src/index.js'
import { handshakeOnly, type ScriptedRedis, scriptedRedis } from '../support/scripted-redis.js'
import { testPool } from '../support/test-pool.js'

const code = (code: string) => expect.objectContaining({ code })

/** Loads scripts as Redis does. */
const handshake = (command: readonly string[], socket: Parameters<typeof handshakeOnly>[1]): string | undefined =>
  command[0] === 'SCRIPT' ? '+sha\r\n' : handshakeOnly(command, socket)

function storeOf(redis: ScriptedRedis, options: PayloadStoreOptions = {}) {
  const pool = testPool()
  const store = new PayloadStore({ url: redis.url, pool, reconnectMaxMs: 20, ...options })
  onTestFinished(() => store.close())
  return { store, pool }
}

describe('a PayloadStore', () => {
  it('puts a payload again when the connection goes before the answer, under the same key', async () => {
    let sets = 0
    const redis = await scriptedRedis((command, socket) => {
      if (command[0] !== 'SET') return handshake(command, socket)
      if (++sets > 1) return '+OK\r\n'
      socket.destroy()
      return undefined
    })
    const { store, pool } = storeOf(redis)
    const reference = await store.put(pool.lease(5000))
    const [first, second] = redis.commands.filter(([word]) => word === 'SET') as [string[], string[]]
    expect(first).toEqual(second)
    expect(first[1]).toBe(`pool:{payload:${reference.split(':')[2]}}`)
    expect(store.stats()).toMatchObject({ puts: 1, putBytes: 5000 })
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
  })

  it('removes what it put when a put is called off, and gives the memory back', async () => {
    const redis = await scriptedRedis(handshake)
    const { store, pool } = storeOf(redis)
    const controller = new AbortController()
    const putting = store.put(pool.lease(50_000), { signal: controller.signal })
    await vi.waitFor(() => expect(redis.commands.some(([word]) => word === 'SET')).toBe(true))
    controller.abort('enough')
    await expect(putting).rejects.toBe('enough')
    await vi.waitFor(() => expect(redis.commands.at(-1)?.[0]).toBe('UNLINK'))
    expect(redis.commands.at(-1)?.[1]).toBe(redis.commands.at(-2)?.[1])
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    for (const socket of redis.sockets) socket.end('+OK\r\n:1\r\n')
  })

  it('tells what Redis said that has no memory', async () => {
    const redis = await scriptedRedis((command, socket) =>
      command[0] === 'SET' ? "-OOM command not allowed when used memory > 'maxmemory'.\r\n" : (handshake(command, socket) ?? ':0\r\n')
    )
    const { store, pool } = storeOf(redis)
    await expect(store.put(pool.lease(5000), { takes: 2 })).rejects.toMatchObject({ code: 'ERR_POOL_REDIS_REPLY', redisCode: 'OOM' })
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    expect(store.stats().puts).toBe(0)
  })

  it('counts a take once when the connection goes before that is answered', async () => {
    let drops = 0
    const redis = await scriptedRedis((command, socket) => {
      if (command[0] === 'GET') return '$5\r\nhello\r\n'
      if (command[0] !== 'EVALSHA') return handshake(command, socket)
      if (++drops > 1) return ':0\r\n'
      socket.destroy()
      return undefined
    })
    const { store } = storeOf(redis)
    const lease = await store.take('payload:5:abcdefghijklmnopqrstuv')
    expect(lease.buffer.toString()).toBe('hello')
    lease.release()
    const [first, second] = redis.commands.filter(([word]) => word === 'EVALSHA')
    expect(first).toEqual(second)
  })

  it('counts no take that was called off before the bytes were there', async () => {
    const redis = await scriptedRedis((command, socket) => (command[0] === 'GET' ? '$5\r\nhel' : handshake(command, socket)))
    const { store, pool } = storeOf(redis)
    const controller = new AbortController()
    const taking = store.take('payload:5:abcdefghijklmnopqrstuv', { signal: controller.signal })
    await vi.waitFor(() => expect(redis.commands.at(-1)?.[0]).toBe('GET'))
    controller.abort('enough')
    await expect(taking).rejects.toBe('enough')
    for (const socket of redis.sockets) socket.write('lo\r\n')
    await vi.waitFor(() => expect(pool.stats().inUse).toBe(0))
    expect(redis.commands.some(([word]) => word === 'EVALSHA')).toBe(false)
  })

  it('refuses a payload that is not the one of the reference, or larger than it takes', async () => {
    const redis = await scriptedRedis((command, socket) => (command[0] === 'GET' ? '$5\r\nhello\r\n' : handshake(command, socket)))
    const { store, pool } = storeOf(redis, { maxMessageBytes: 1000 })
    await expect(store.take('payload:6:abcdefghijklmnopqrstuv')).rejects.toThrow(code('ERR_POOL_PAYLOAD_DIFFERS'))
    await expect(store.read('payload:1001:abcdefghijklmnopqrstuv')).rejects.toThrow(code('ERR_POOL_TOO_LARGE'))
    await expect(store.put(pool.lease(1001))).rejects.toThrow(code('ERR_POOL_TOO_LARGE'))
    expect(pool.stats().inUse).toBe(0)
    expect(redis.commands.some(([word]) => word === 'EVALSHA' || word === 'SET')).toBe(false)
  })

  it('refuses what is wrong with ERR_POOL_INVALID_OPTION, and everything once it is closed', async () => {
    const redis = await scriptedRedis(handshake)
    const { store } = storeOf(redis)
    for (const options of [{ takes: 0 }, { takes: 1.5 }, { expireMs: 0 }, { expires: 1 }, { timeoutMs: -1 }, { signal: 7 }, 7]) {
      await expect(store.put('a', options as never)).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
    }
    await expect(store.take('../keys', {})).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
    await expect(store.take('payload:5:abcdefghijklmnopqrstuv', { takes: 2 } as never)).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
    await expect(store.drop(7 as never)).rejects.toThrow(code('ERR_POOL_INVALID_OPTION'))
    for (const options of [{ prefix: '' }, { expireMs: -1 }, { ttl: 5 }, { url: 'http://x' }]) {
      expect(() => new PayloadStore(options as never)).toThrow(code('ERR_POOL_INVALID_OPTION'))
    }
    await expect(store.put('a', { signal: AbortSignal.abort('early') })).rejects.toBe('early')
    await store.close()
    await expect(store.put('a')).rejects.toThrow(code('ERR_POOL_CLOSED'))
    await expect(store.take('payload:5:abcdefghijklmnopqrstuv')).rejects.toThrow(code('ERR_POOL_CLOSED'))
    expect(store.stats()).toMatchObject({ closed: true, puts: 0, takes: 0 })
  })
})
