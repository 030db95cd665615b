import { isPoolError, type Lease, SizeClassPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import { MessageReassembler } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/fragments/crc32.js'
import { fragmentHeaderBytes } from '../../src/fragments/fragment-header.js'
import { fragmentsOf, patterned, sealed } from '../support/fragments.js'
import { operationsOf } from '../support/operations.js'
import { randomFrom } from '../support/random.js'

const codes = ['INVALID', 'TOO_LARGE', 'CONFLICT', 'LIMIT', 'CHECKSUM'].map((end) => `ERR_POOL_FRAGMENT_${end}`)
const maxPartialBytes = 100_000
const maxPartialMessages = 40

describe('MessageReassembler, fuzzed', () => {
  it('survives fragments, half of them mutated: no crash, no changed message, nothing out at the end', { timeout: 120_000 }, async () => {
    const turns = operationsOf(1_000_000)
    const random = randomFrom(20_261_121)
    const below = (bound: number) => Math.floor(random() * bound)
    const outcomes = new Map<string, number>()
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    await expectNoLeaks(() => {
      const pool = new SizeClassPool({ name: 'fuzzed', clear: 'never' })
      let reassembler = fresh(pool)
      /** Messages under way, by what a mutated header can hardly hit by accident. */
      const flows = Array.from({ length: 30 }, () => flow(below, random))
      for (let turn = 0; turn < turns; turn++) {
        const at = below(flows.length)
        let { message, fragments, next } = flows[at] as Flow
        const sequential = random() < 0.8
        const chosen = fragments[sequential ? next % fragments.length : below(fragments.length)] as Buffer
        const mutated = random() < 0.5
        const fragment = mutated ? mutate(chosen, below, random) : chosen
        if (sequential && !mutated) (flows[at] as Flow).next = ++next
        try {
          const lease = reassembler.add(fragment, at % 3)
          if (lease === undefined) count('taken in')
          else {
            count('whole')
            intact(lease, fragment, message)
            lease.release()
          }
        } catch (error) {
          if (!isPoolError(error) || !codes.includes(error.code)) throw error
          count(error.code)
        }
        if (next > fragments.length + 2) flows[at] = flow(below, random)
        if (turn % 5000 === 0) {
          const stats = reassembler.stats()
          expect(stats.partialBytes).toBeLessThanOrEqual(maxPartialBytes)
          expect(stats.partialMessages).toBeLessThanOrEqual(maxPartialMessages)
          expect(pool.stats().inUse > 0).toBe(stats.partialBytes > 0)
        }
        // What mutation poisoned would fill the table; in time it would expire.
        if (turn % 97 === 0) reassembler.forget(below(3))
        if (turn % 50_000 === 0) {
          reassembler.close()
          expect(pool.stats().inUse).toBe(0)
          reassembler = fresh(pool)
        }
      }
      reassembler.close()
      expect(pool.stats().inUse).toBe(0)
      pool.destroy()
    })
    expect([...outcomes.keys()].sort()).toEqual([...codes, 'taken in', 'whole'].sort())
    expect(Math.min(...outcomes.values())).toBeGreaterThan(turns / 10_000)
  })
})

interface Flow {
  readonly message: Buffer
  readonly fragments: Buffer[]
  next: number
}

function flow(below: (bound: number) => number, random: () => number): Flow {
  const message = patterned(below(random() < 0.2 ? 20_000 : 2000), below(256))
  const maxFragmentBytes = fragmentHeaderBytes + 64 + below(1200)
  return { message, fragments: fragmentsOf(message, { maxFragmentBytes, messageId: BigInt(below(200)) }), next: 0 }
}

function fresh(pool: SizeClassPool): MessageReassembler {
  return new MessageReassembler({
    pool,
    minPieceBytes: 64,
    maxMessageBytes: 50_000,
    maxPartialBytes,
    maxPartialMessages,
    maxRecentMessages: 20
  })
}

/** A message that was handed on is what its header promised, and the one that was sent under that header. */
function intact(lease: Lease<Buffer>, fragment: Buffer, message: Buffer): void {
  const promised = fragment.readUInt32BE(24)
  if (crc32(lease.buffer) !== promised || lease.buffer.length !== fragment.readUInt32BE(12))
    throw new Error('another message than promised')
  if (promised === crc32(message) && !lease.buffer.equals(message)) throw new Error('a changed message')
}

function mutate(fragment: Buffer, below: (bound: number) => number, random: () => number): Buffer {
  const kind = random()
  if (kind < 0.1) return fragment.subarray(0, below(fragment.length))
  if (kind < 0.2) return Buffer.concat([fragment, Buffer.alloc(1 + below(40), below(256))])
  if (kind < 0.25) return patterned(below(100), below(256))
  const mutated = Buffer.from(fragment)
  const flips = 1 + below(3)
  const within = kind < 0.7 ? fragmentHeaderBytes : mutated.length
  for (let flip = 0; flip < flips; flip++) {
    const at = below(within)
    mutated[at] = kind < 0.5 ? below(256) : (mutated[at] as number) ^ (1 << below(8))
  }
  // A hostile peer knows how a header is sealed.
  return mutated.length >= fragmentHeaderBytes && random() < 0.9 ? sealed(mutated) : mutated
}
