import { BufferPool, type BufferSource, type Lease, type NonSharedBuffer, SizeClassPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import { type ExpiredMessage, MessageReassembler, type MessageReassemblerOptions } from '@pool/stream'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeHeader, encodeHeader, type FragmentHeader, fragmentHeaderBytes } from '../../src/fragments/fragment-header.js'
import { fragmentsOf, patterned, shuffled } from '../support/fragments.js'
import { randomFrom } from '../support/random.js'

const pool = new SizeClassPool()
const exhausted = new BufferPool({ bufferSize: 64, maxSize: 1 })
// Released at the end of the file: a buffer that the test lost would be collected, and the pool would have one to give again.
const onlyBuffer = exhausted.acquire(64)
const code = (error: string) => expect.objectContaining({ code: `ERR_POOL_${error}` })
/** Ten fragments, of 100 bytes each. */
const message = patterned(1000)
const split = (bytes = message, messageId = 1n) => fragmentsOf(bytes, { maxFragmentBytes: fragmentHeaderBytes + 100, messageId })

let reassembler: MessageReassembler
let expired: ExpiredMessage[]

function reassemble(options: Partial<MessageReassemblerOptions> = {}): MessageReassembler {
  reassembler?.close()
  expired = []
  reassembler = new MessageReassembler({ pool, minPieceBytes: 1, onExpire: (one) => expired.push(one), ...options })
  return reassembler
}

/** Adds fragments, of which only the last makes a message whole, and gives that message. */
function addAll(fragments: readonly Buffer[], source?: unknown): Buffer {
  const leases = fragments.map((fragment) => reassembler.add(fragment, source))
  expect(leases.slice(0, -1).every((lease) => lease === undefined)).toBe(true)
  return taken(leases.at(-1))
}

function taken(lease: Lease<Buffer> | undefined): Buffer {
  const bytes = Buffer.from(lease?.buffer as Buffer)
  lease?.release()
  return bytes
}

/** The fragment as if it said something else. */
function altered(fragment: Buffer, other: Partial<FragmentHeader>): Buffer {
  return Buffer.concat([encodeHeader({ ...decodeHeader(fragment), ...other }), fragment.subarray(fragmentHeaderBytes)])
}

beforeEach(() => {
  reassemble()
})

afterAll(() => {
  exhausted.release(onlyBuffer)
})

afterEach(() => {
  reassembler.close()
  vi.useRealTimers()
  expect(pool.stats().inUse).toBe(0)
})

describe('MessageReassembler', () => {
  it('makes a message whole from fragments in any order', () => {
    const random = randomFrom(1)
    for (let round = 0; round < 100; round++) expect(addAll(shuffled(split(message, BigInt(round)), random)).equals(message)).toBe(true)
    expect(addAll(split(message, 100n).reverse()).equals(message)).toBe(true)
    expect(reassembler.stats()).toMatchObject({
      messages: 101,
      messageBytes: 101_000,
      fragments: 1010,
      partialMessages: 0,
      partialBytes: 0
    })
  })

  it('gives messages of any length, from nothing on, as leases of exactly their bytes', () => {
    for (const length of [0, 1, 99, 100, 101, 199, 200, 201, 5000]) {
      const bytes = patterned(length)
      expect(addAll(split(bytes, BigInt(length))).equals(bytes)).toBe(true)
    }
  })

  it('takes fragments as plain bytes in memory that is used again at once', () => {
    const memory = new Uint8Array(200)
    let lease: Lease<Buffer> | undefined
    for (const fragment of split()) {
      memory.set(fragment, 7)
      lease = reassembler.add(memory.subarray(7, 7 + fragment.length))
      memory.fill(0)
    }
    expect(taken(lease).equals(message)).toBe(true)
  })

  it('tells apart messages that come interleaved, and senders that use the same ids', () => {
    const messages = [1, 2, 3, 4].map((seed) => patterned(1000, seed))
    const sources = ['a', 'a', 'b', undefined]
    const all = messages.flatMap((bytes, which) => split(bytes, which === 1 ? 2n : 1n).map((fragment) => ({ fragment, which })))
    const whole: Buffer[] = []
    for (const { fragment, which } of shuffled(all, randomFrom(2))) {
      const lease = reassembler.add(fragment, sources[which])
      if (lease !== undefined) whole[which] = taken(lease)
    }
    expect(whole.map((bytes, which) => bytes.equals(messages[which] as Buffer))).toEqual([true, true, true, true])
  })

  it('ignores duplicates before, during and after the second half, and counts them', () => {
    const fragments = split()
    for (let count = 1; count < fragments.length; count++) {
      reassembler.add(fragments[count - 1] as Buffer)
      for (const fragment of fragments.slice(0, count)) expect(reassembler.add(fragment)).toBeUndefined()
    }
    expect(reassembler.stats()).toMatchObject({ duplicates: 45, fragments: 9 })
    expect(taken(reassembler.add(fragments[9] as Buffer)).equals(message)).toBe(true)
  })

  it('ignores what comes late of a message that was handed on, one of a single fragment too', () => {
    addAll(split())
    const single = split(patterned(50), 2n)
    addAll(single)
    for (const fragment of [...split(), ...single]) expect(reassembler.add(fragment)).toBeUndefined()
    expect(reassembler.stats()).toMatchObject({ messages: 2, late: 11, partialMessages: 0, recentMessages: 2 })
  })

  it('takes another message under the id of one that was handed on', () => {
    addAll(split())
    const other = patterned(1000, 9)
    const [first, ...rest] = split(other)
    reassembler.add(first as Buffer)
    expect(reassembler.add(split()[3] as Buffer)).toBeUndefined()
    expect(addAll(rest).equals(other)).toBe(true)
    expect(reassembler.stats()).toMatchObject({ messages: 2, late: 1, recentMessages: 1 })
    expect(reassembler.add(split(other)[3] as Buffer)).toBeUndefined()
    expect(reassembler.stats().late).toBe(2)
  })

  it('remembers no more messages than it may, those handed on last', () => {
    reassemble({ maxRecentMessages: 2 })
    for (const id of [1n, 2n, 3n]) addAll(split(patterned(10), id))
    expect(reassembler.stats().recentMessages).toBe(2)
    for (const id of [2n, 3n]) expect(reassembler.add(split(patterned(10), id)[0] as Buffer)).toBeUndefined()
    addAll(split(patterned(10), 1n))
    reassemble({ maxRecentMessages: 0 })
    for (const id of [1n, 1n]) addAll(split(patterned(10), id))
    expect(reassembler.stats().recentMessages).toBe(0)
  })

  it.each<[string, Partial<FragmentHeader>]>([
    ['length', { totalBytes: 1100 }],
    ['length and pieces', { totalBytes: 999, pieceBytes: 100 }],
    ['checksum', { checksum: 1 }]
  ])('refuses a fragment that tells another %s, and goes on with the first', (_, other) => {
    const fragments = split()
    reassembler.add(fragments[0] as Buffer)
    const before = reassembler.stats()
    expect(() => reassembler.add(altered(fragments[4] as Buffer, other))).toThrow(code('FRAGMENT_CONFLICT'))
    expect(reassembler.stats()).toEqual({ ...before, conflicts: 1 })
    expect(addAll(fragments.slice(1)).equals(message)).toBe(true)
  })

  it('refuses a fragment of other pieces, one that would hold the whole message among them', () => {
    const fragments = split()
    reassembler.add(fragments[0] as Buffer)
    for (const maxFragmentBytes of [78, 5000]) {
      const [other] = fragmentsOf(message, { messageId: 1n, maxFragmentBytes })
      expect(() => reassembler.add(other as Buffer)).toThrow(code('FRAGMENT_CONFLICT'))
    }
    expect(addAll(fragments.slice(1)).equals(message)).toBe(true)
  })

  it('refuses other bytes for a piece that came, in either half, and keeps the first', () => {
    const fragments = split()
    for (let count = 1; count < fragments.length; count++) {
      reassembler.add(fragments[count - 1] as Buffer)
      const other = Buffer.from(fragments[count - 1] as Buffer)
      other[fragmentHeaderBytes + 99] = (other[fragmentHeaderBytes + 99] as number) ^ 1
      const before = reassembler.stats()
      expect(() => reassembler.add(other)).toThrow(code('FRAGMENT_CONFLICT'))
      expect(reassembler.stats()).toEqual({ ...before, conflicts: count })
    }
    expect(taken(reassembler.add(fragments[9] as Buffer)).equals(message)).toBe(true)
  })

  it('gives up a message whose bytes changed on the way, which may then be sent anew', () => {
    const fragments = split()
    const broken = Buffer.from(fragments[3] as Buffer)
    broken[60] = (broken[60] as number) ^ 0x10
    for (const fragment of fragments.toSpliced(3, 1)) reassembler.add(fragment)
    expect(() => reassembler.add(broken)).toThrow(code('FRAGMENT_CHECKSUM'))
    expect(reassembler.stats()).toMatchObject({ corrupt: 1, partialMessages: 0, partialBytes: 0, messages: 0 })
    expect(pool.stats().inUse).toBe(0)
    expect(addAll(fragments).equals(message)).toBe(true)
  })

  it('refuses a single fragment whose bytes changed, and takes it anew', () => {
    const [fragment] = split(patterned(50))
    expect(() => reassembler.add(altered(fragment as Buffer, { checksum: 1 }))).toThrow(code('FRAGMENT_CHECKSUM'))
    expect(reassembler.stats()).toMatchObject({ corrupt: 1, recentMessages: 0, fragments: 0 })
    expect(addAll([fragment as Buffer]).equals(patterned(50))).toBe(true)
  })

  it('counts and refuses what is no fragment', () => {
    expect(() => reassembler.add(Buffer.alloc(3))).toThrow(code('FRAGMENT_INVALID'))
    expect(() => reassembler.add('text' as unknown as Buffer)).toThrow(code('INVALID_OPTION'))
    expect(reassembler.stats()).toMatchObject({ malformed: 1, partialMessages: 0 })
  })

  it('refuses a message longer than it may be, or than the pool can lease', () => {
    reassemble({ maxMessageBytes: 999 })
    expect(() => reassembler.add(split()[0] as Buffer)).toThrow(code('FRAGMENT_TOO_LARGE'))
    expect(reassembler.stats()).toMatchObject({ oversized: 1, partialMessages: 0 })
    expect(addAll(split(patterned(999))).length).toBe(999)
    const small = new BufferPool({ bufferSize: 512, initialSize: 0 })
    reassemble({ pool: small })
    expect(() => reassembler.add(split()[0] as Buffer)).toThrow(code('FRAGMENT_TOO_LARGE'))
    small.destroy()
  })

  it('refuses messages in pieces smaller than it wants, but for messages that are smaller themselves', () => {
    reassemble({ minPieceBytes: 101 })
    expect(() => reassembler.add(split()[0] as Buffer)).toThrow(code('FRAGMENT_INVALID'))
    expect(reassembler.stats().malformed).toBe(1)
    expect(addAll(split(patterned(100))).length).toBe(100)
  })

  it('begins no more messages than it may, and goes on with those that it has', () => {
    reassemble({ maxPartialMessages: 2 })
    const three = [1n, 2n, 3n].map((id) => split(message, id))
    for (const fragments of three.slice(0, 2)) reassembler.add(fragments[0] as Buffer)
    const before = reassembler.stats()
    expect(() => reassembler.add(three[2]?.[0] as Buffer)).toThrow(code('FRAGMENT_LIMIT'))
    expect(reassembler.stats()).toEqual({ ...before, limited: 1 })
    expect(addAll(split(patterned(20), 4n)).length).toBe(20)
    addAll(three[0]?.slice(1) as Buffer[])
    expect(addAll(three[2] as Buffer[]).equals(message)).toBe(true)
  })

  it('holds no more bytes than it may, and still completes messages', () => {
    reassemble({ maxMessageBytes: 1000, maxPartialBytes: 1200 })
    const [one, other] = [split(message, 1n), split(message, 2n)]
    for (const fragment of one.slice(0, 5)) reassembler.add(fragment)
    expect(reassembler.stats().partialBytes).toBe(1000)
    for (const fragment of other.slice(0, 2)) reassembler.add(fragment)
    const before = reassembler.stats()
    expect(before.partialBytes).toBe(1200)
    expect(() => reassembler.add(other[2] as Buffer)).toThrow(code('FRAGMENT_LIMIT'))
    expect(reassembler.stats()).toEqual({ ...before, limited: 1 })
    expect(addAll(one.slice(5)).equals(message)).toBe(true)
    expect(addAll(other.slice(2)).equals(message)).toBe(true)
  })

  it('is as before when the pool is exhausted, at any fragment', async () => {
    await expectNoLeaks(() => {
      for (let failing = 0; failing < 12; failing++) {
        const { source, leases } = failingAt(failing)
        reassemble({ pool: source })
        let whole: Lease<Buffer> | undefined
        let failures = 0
        for (const fragment of split(message, BigInt(failing))) {
          const before = reassembler.stats()
          try {
            whole = reassembler.add(fragment)
          } catch (error) {
            expect(error).toEqual(code('EXHAUSTED'))
            expect(reassembler.stats()).toEqual(before)
            failures++
            whole = reassembler.add(fragment)
          }
        }
        expect(failures).toBe(failing < leases() ? 1 : 0)
        expect(taken(whole).equals(message)).toBe(true)
      }
    })
  })

  it('is as before when the pool is exhausted at a message of one fragment', () => {
    const { source } = failingAt(0)
    reassemble({ pool: source })
    const [fragment] = split(patterned(50))
    expect(() => reassembler.add(fragment as Buffer)).toThrow(code('EXHAUSTED'))
    expect(reassembler.stats()).toMatchObject({ fragments: 0, recentMessages: 0 })
    expect(addAll([fragment as Buffer]).length).toBe(50)
  })

  it('forgets what one source sent, and nothing else', () => {
    for (const source of ['a', 'b', undefined]) for (const id of [1n, 2n]) reassembler.add(split(message, id)[0] as Buffer, source)
    addAll(split(patterned(20), 3n), 'a')
    expect(reassembler.forget('a')).toBe(2)
    expect(reassembler.forget('a')).toBe(0)
    expect(reassembler.stats()).toMatchObject({ forgotten: 2, partialMessages: 4, recentMessages: 0 })
    expect(reassembler.forget()).toBe(2)
    addAll(split(patterned(20), 3n), 'a')
    expect(addAll(split().slice(1), 'b').equals(message)).toBe(true)
  })

  it('gives everything back when it is closed, but for what was handed on, and takes nothing any more', () => {
    const lease = split(message, 1n).reduce<Lease<Buffer> | undefined>((_, fragment) => reassembler.add(fragment), undefined)
    for (const count of [1, 3, 7]) for (const fragment of split(message, BigInt(count + 10)).slice(0, count)) reassembler.add(fragment)
    reassembler.close()
    reassembler[Symbol.dispose]()
    expect(pool.stats().inUse).toBe(1)
    expect(taken(lease).equals(message)).toBe(true)
    expect(reassembler.stats()).toMatchObject({ closed: true, partialMessages: 0, partialBytes: 0, recentMessages: 0 })
    expect(() => reassembler.add(split()[0] as Buffer)).toThrow(code('CLOSED'))
    expect(reassembler.forget()).toBe(0)
  })

  it.each<[string, object]>([
    ['options', []],
    ['pool', {}],
    ["'maxBytes'", { pool, maxBytes: 1 }],
    ['maxMessageBytes', { pool, maxMessageBytes: 0 }],
    ['maxMessageBytes', { pool, maxMessageBytes: 2 ** 32 }],
    ['maxPartialMessages', { pool, maxPartialMessages: 0 }],
    ['maxPartialBytes', { pool, maxPartialBytes: 10 * 1024 * 1024 - 1 }],
    ['maxAgeMs', { pool, maxAgeMs: 2 ** 31 }],
    ['minPieceBytes', { pool, minPieceBytes: 0 }],
    ['maxRecentMessages', { pool, maxRecentMessages: -1 }],
    ['onExpire', { pool, onExpire: true }]
  ])('refuses %s that can not be', (name, options) => {
    const wrong = () => new MessageReassembler(options as MessageReassemblerOptions)
    expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) }))
  })
})

describe('MessageReassembler, in time', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    reassemble({ maxAgeMs: 1000 })
  })

  it('gives up what is not whole in time, gives its memory back and tells so', () => {
    for (const fragment of split().slice(0, 7)) reassembler.add(fragment, 'a')
    vi.advanceTimersByTime(600)
    for (const fragment of split(message, 2n).slice(0, 2)) reassembler.add(fragment)
    reassembler.add(split()[7] as Buffer, 'a')
    vi.advanceTimersByTime(399)
    expect(expired).toEqual([])
    vi.advanceTimersByTime(1)
    expect(expired).toEqual([{ source: 'a', messageId: 1n, totalBytes: 1000, receivedBytes: 800, fragments: 10, receivedFragments: 8 }])
    expect(reassembler.stats()).toMatchObject({ expired: 1, partialMessages: 1, partialBytes: 200 })
    vi.advanceTimersByTime(600)
    expect(expired[1]).toMatchObject({ source: undefined, messageId: 2n, receivedFragments: 2 })
    expect(reassembler.stats()).toMatchObject({ expired: 2, partialMessages: 0, partialBytes: 0 })
    expect(pool.stats().inUse).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('forgets messages that were handed on, so that the same may come again', () => {
    addAll(split())
    vi.advanceTimersByTime(999)
    expect(reassembler.add(split()[0] as Buffer)).toBeUndefined()
    expect(reassembler.stats()).toMatchObject({ late: 1, recentMessages: 1 })
    vi.advanceTimersByTime(1)
    expect(reassembler.stats().recentMessages).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    expect(addAll(split()).equals(message)).toBe(true)
  })

  it('has one timer for all, and none after close', () => {
    for (let id = 0n; id < 50n; id++) {
      reassembler.add(split(message, id)[0] as Buffer)
      addAll(split(patterned(10), 100n + id))
      vi.advanceTimersByTime(10)
      expect(vi.getTimerCount()).toBe(1)
    }
    reassembler.close()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(5000)
    expect(expired).toEqual([])
  })

  it('keeps no process alive', () => {
    vi.useRealTimers()
    const before = process.getActiveResourcesInfo()
    reassemble().add(split()[0] as Buffer)
    expect(process.getActiveResourcesInfo()).toEqual(before)
  })

  it('holds late fragments of what expired no longer than anything else', () => {
    const fragments = split()
    for (const fragment of fragments) {
      reassembler.add(fragment)
      vi.advanceTimersByTime(1000)
    }
    expect(reassembler.stats()).toMatchObject({ expired: 10, partialMessages: 0, partialBytes: 0, recentMessages: 0 })
  })

  it('keeps going when the listener closes, forgets or adds', () => {
    const acts = [() => reassembler.close(), () => reassembler.forget(), () => void reassembler.add(split(message, 99n)[0] as Buffer)]
    for (const act of acts) {
      reassemble({ maxAgeMs: 1000, onExpire: act })
      for (const id of [1n, 2n, 3n]) reassembler.add(split(message, id)[0] as Buffer)
      vi.advanceTimersByTime(1000)
      expect(reassembler.stats().partialMessages).toBe(act === acts[2] ? 1 : 0)
      expect(reassembler.stats().expired).toBe(act === acts[2] ? 3 : 1)
    }
  })

  it('makes what the listener throws an uncaught exception, and gives up the others', async () => {
    vi.useRealTimers()
    const own = new Error('own')
    reassemble({
      maxAgeMs: 5,
      onExpire: () => {
        throw own
      }
    })
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const thrown: unknown[] = []
    process.on('uncaughtException', (error) => thrown.push(error))
    try {
      for (const id of [1n, 2n]) reassembler.add(split(message, id)[0] as Buffer)
      await vi.waitFor(() => expect(thrown).toEqual([own, own]))
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of others) process.on('uncaughtException', listener)
    }
    expect(reassembler.stats()).toMatchObject({ expired: 2, partialMessages: 0 })
  })
})

/** The pool, but that one of its leases fails, once. */
function failingAt(which: number): { source: BufferSource<NonSharedBuffer>; leases: () => number } {
  let count = 0
  const source = new Proxy<BufferSource<NonSharedBuffer>>(pool, {
    get: (target, name) => {
      if (name === 'lease') return (bytes: number) => (count++ === which ? exhausted.lease(1) : target.lease(bytes))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
  return { source, leases: () => count }
}
