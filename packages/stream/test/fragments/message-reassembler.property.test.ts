import { isPoolError, SizeClassPool } from '@pool/core'
import { MessageReassembler, splitMessage } from '@pool/stream'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeHeader, fragmentHeaderBytes } from '../../src/fragments/fragment-header.js'
import { patterned } from '../support/fragments.js'
import { operationsOf } from '../support/operations.js'

const maxAgeMs = 100
const maxPartialMessages = 2
const maxRecentMessages = 4

/** What is sent: messages of few ids and sources, so that they often meet. */
interface Sent {
  readonly source: string
  readonly messageId: bigint
  readonly bytes: Buffer
  readonly maxFragmentBytes: number
}

/** The reassembler in the plainest words: all pieces are kept as they are, and looked for from the beginning. */
class Model {
  partial: { key: string; about: string; at: number; pieces: Map<number, string>; count: number }[] = []
  finished: { key: string; about: string; at: number }[] = []
  expired = 0

  add(key: string, about: string, count: number, index: number, piece: string, intact: boolean, now: number): string | undefined {
    if (this.finished.some((one) => one.key === key && one.about === about)) return undefined
    let known = this.partial.find((one) => one.key === key)
    if (known === undefined && count === 1) return intact ? this.#finish(key, about, now) : 'ERR_POOL_FRAGMENT_CHECKSUM'
    if (known === undefined) {
      if (this.partial.length === maxPartialMessages) return 'ERR_POOL_FRAGMENT_LIMIT'
      known = { key, about, at: now, pieces: new Map(), count }
      this.partial.push(known)
    }
    if (known.about !== about) return 'ERR_POOL_FRAGMENT_CONFLICT'
    const earlier = known.pieces.get(index)
    if (earlier !== undefined) return earlier === piece ? undefined : 'ERR_POOL_FRAGMENT_CONFLICT'
    known.pieces.set(index, piece)
    if (known.pieces.size < count) return undefined
    this.partial = this.partial.filter((one) => one !== known)
    // A changed piece is marked so that the message shows it.
    const changed = [...known.pieces.values()].some((own) => own.startsWith('changed'))
    return changed ? 'ERR_POOL_FRAGMENT_CHECKSUM' : this.#finish(key, about, now)
  }

  #finish(key: string, about: string, at: number): string {
    this.finished = this.finished.filter((one) => one.key !== key)
    if (this.finished.length === maxRecentMessages) this.finished.shift()
    this.finished.push({ key, about, at })
    return 'whole'
  }

  forget(source: string): number {
    const before = this.partial.length
    this.partial = this.partial.filter(({ key }) => !key.startsWith(source))
    this.finished = this.finished.filter(({ key }) => !key.startsWith(source))
    return before - this.partial.length
  }

  age(now: number): void {
    const before = this.partial.length
    this.partial = this.partial.filter(({ at }) => at + maxAgeMs > now)
    this.finished = this.finished.filter(({ at }) => at + maxAgeMs > now)
    this.expired += before - this.partial.length
  }
}

const sent: fc.Arbitrary<Sent> = fc.record({
  source: fc.constantFrom('a', 'b'),
  messageId: fc.constantFrom(1n, 2n),
  bytes: fc.tuple(fc.constantFrom(0, 1, 10, 11, 64, 65, 100), fc.nat(1)).map(([length, seed]) => patterned(length, seed)),
  maxFragmentBytes: fc.constantFrom(11, 20, 32, 50).map((bytes) => fragmentHeaderBytes + bytes)
})

const step = fc.oneof(
  { weight: 40, arbitrary: fc.record({ what: fc.constant('add' as const), which: fc.nat(), index: fc.nat(), changed: fc.nat(24) }) },
  { weight: 30, arbitrary: fc.record({ what: fc.constant('rest' as const), which: fc.nat(), from: fc.nat(), backwards: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('forget' as const), source: fc.constantFrom('a', 'b') }) }
)

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('MessageReassembler beside a model', () => {
  it('does what the model does, in any order, with duplicates, losses, changes, conflicts, and in time', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(
        fc.array(sent, { minLength: 1, maxLength: 6, size: 'max' }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (messages, steps) => {
          const pool = new SizeClassPool({ minClassBytes: 16 })
          const reassembler = new MessageReassembler({ pool, minPieceBytes: 1, maxAgeMs, maxPartialMessages, maxRecentMessages })
          const model = new Model()
          const fragments = messages.map(({ bytes, messageId, maxFragmentBytes }) => [
            ...splitMessage(bytes, { messageId, maxFragmentBytes })
          ])

          const add = (which: number, at: number, change: boolean) => {
            const { source, messageId, bytes } = messages[which] as Sent
            const own = fragments[which] ?? []
            const { header, piece, index } = own[at] as (typeof own)[number]
            const changed = change && piece.length > 0
            const fragment = Buffer.concat([header, piece])
            if (changed) fragment[fragment.length - 1] = (fragment[fragment.length - 1] as number) ^ 1
            const about = header.toString('hex', 12, 20) + header.toString('hex', 24)
            const expected = model.add(
              `${source}${messageId}`,
              about,
              own.length,
              index,
              (changed ? 'changed' : '') + fragment.toString('hex', fragmentHeaderBytes),
              !changed,
              performance.now()
            )
            const outcome = outcomeOf(() => {
              const lease = reassembler.add(fragment, source)
              if (lease === undefined) return undefined
              expect(lease.buffer.equals(bytes)).toBe(true)
              lease.release()
              return 'whole'
            })
            expect(outcome).toBe(expected)
            seen.set(String(outcome), (seen.get(String(outcome)) ?? 0) + 1)
          }

          for (const one of steps) {
            if (one.what === 'wait') {
              vi.advanceTimersByTime(one.ms)
              model.age(performance.now())
            } else if (one.what === 'forget') {
              expect(reassembler.forget(one.source)).toBe(model.forget(one.source))
            } else {
              const which = one.which % messages.length
              const count = (fragments[which] as unknown[]).length
              if (one.what === 'add') add(which, one.index % count, one.changed === 0)
              else {
                for (let turn = 0; turn < count; turn++) {
                  const at = (one.from + turn) % count
                  add(which, one.backwards ? count - 1 - at : at, false)
                }
              }
            }
            expect(reassembler.stats()).toMatchObject({
              partialMessages: model.partial.length,
              recentMessages: model.finished.length,
              expired: model.expired
            })
          }
          reassembler.close()
          expect(pool.stats().inUse).toBe(0)
          pool.destroy()
        }
      ),
      { numRuns: Math.max(1000, operationsOf(5000)) }
    )
    // The schedules came to everything that there is to tell, which fewer runs do not always.
    const outcomes = ['whole', 'undefined', 'ERR_POOL_FRAGMENT_CONFLICT', 'ERR_POOL_FRAGMENT_CHECKSUM', 'ERR_POOL_FRAGMENT_LIMIT']
    expect([...seen.keys()].sort()).toEqual(outcomes.sort())
    expect(Math.min(...seen.values())).toBeGreaterThan(10)
  })

  it('makes every message whole once when all its fragments come, whatever comes between', () => {
    const schedule = fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 900 })), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(schedule, fc.infiniteStream(fc.nat(1000)), (shapes, numbers) => {
        const pool = new SizeClassPool()
        const reassembler = new MessageReassembler({ pool, minPieceBytes: 1 })
        const waiting = shapes.flatMap(([length, pieceBytes], which) => {
          const maxFragmentBytes = fragmentHeaderBytes + Math.max(pieceBytes, Math.ceil(length / 40))
          const all = [...splitMessage(patterned(length, which), { maxFragmentBytes, messageId: BigInt(which) })]
          return [...all, ...all.slice(0, 3)].map((fragment) => ({ fragment, which }))
        })
        const whole = shapes.map(() => 0)
        while (waiting.length > 0) {
          const [next] = waiting.splice((numbers.next().value as number) % waiting.length, 1)
          const { fragment, which } = next as (typeof waiting)[number]
          const bytes = Buffer.alloc(fragment.byteLength)
          fragment.copyTo(bytes)
          const lease = reassembler.add(bytes)
          if (lease === undefined) continue
          whole[which] = (whole[which] as number) + 1
          expect(lease.buffer.equals(patterned(shapes[which]?.[0] as number, which))).toBe(true)
          lease.release()
        }
        expect(whole).toEqual(shapes.map(() => 1))
        expect(reassembler.stats()).toMatchObject({ partialMessages: 0, partialBytes: 0 })
        expect(pool.stats().inUse).toBe(0)
        reassembler.close()
        pool.destroy()
      }),
      { numRuns: Math.max(200, operationsOf(2000)) }
    )
  })

  it('takes every order of a message of four fragments, each of them twice', () => {
    const bytes = patterned(40)
    const fragments = [...splitMessage(bytes, { maxFragmentBytes: fragmentHeaderBytes + 10 })].map(({ header, piece }) =>
      Buffer.concat([header, piece])
    )
    const pool = new SizeClassPool()
    let schedules = 0
    const walk = (order: number[], left: number[]) => {
      if (left.every((count) => count === 0)) {
        const reassembler = new MessageReassembler({ pool, minPieceBytes: 1 })
        const leases = order.flatMap((index) => reassembler.add(fragments[index] as Buffer) ?? [])
        expect(leases.map((lease) => lease.buffer.equals(bytes))).toEqual([true])
        expect(reassembler.stats().late + reassembler.stats().duplicates).toBe(4)
        leases[0]?.release()
        reassembler.close()
        schedules++
        return
      }
      left.forEach((count, index) => {
        if (count > 0) walk([...order, index], left.with(index, count - 1))
      })
    }
    walk([], [2, 2, 2, 2])
    expect(schedules).toBe(2520)
    expect(pool.stats().inUse).toBe(0)
  })

  it('knows an id by all its 64 bits', () => {
    const pool = new SizeClassPool()
    const reassembler = new MessageReassembler({ pool, minPieceBytes: 1 })
    const about = { totalBytes: 20, pieceBytes: 10, checksum: 0 }
    for (let bit = 0n; bit < 64n; bit++) {
      reassembler.add(Buffer.concat([encodeHeader({ ...about, index: 0, messageId: 1n << bit }), Buffer.alloc(10)]))
    }
    expect(reassembler.stats().partialMessages).toBe(64)
    reassembler.close()
    expect(pool.stats().inUse).toBe(0)
  })
})

function outcomeOf(act: () => string | undefined): string | undefined {
  try {
    return act()
  } catch (error) {
    if (isPoolError(error)) return error.code
    throw error
  }
}
