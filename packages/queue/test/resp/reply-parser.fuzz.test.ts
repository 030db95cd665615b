import { isPoolError } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { releaseReply } from '../../src/resp/reply.js'
import { ReplyParser } from '../../src/resp/reply-parser.js'
import { testPool } from '../support/test-pool.js'

const count = Number(process.env.POOL_QUEUE_REPLIES ?? 20_000)

const seeds = [
  '*1\r\n*2\r\n$4\r\njobs\r\n*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nd\r\n$5\r\nhello\r\n*2\r\n$3\r\n2-0\r\n*2\r\n$1\r\nd\r\n$3\r\nabc\r\n',
  '%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:7\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n_\r\n+x\r\n,1.5\r\n+y\r\n#t\r\n',
  '>2\r\n+push\r\n:1\r\n|1\r\n+ttl\r\n:5\r\n~3\r\n=7\r\ntxt:abc\r\n!9\r\nERR wrong\r\n(123456789012345678901234567890\r\n',
  '-ERR unknown command\r\n:-1\r\n$-1\r\n*-1\r\n$0\r\n\r\n*0\r\n+OK\r\n'
].map((text) => Buffer.from(text))

/** Numbers that are the same in each run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function mutated(random: (below: number) => number): Buffer {
  const bytes = Buffer.from(seeds[random(seeds.length)] as Buffer)
  for (let left = random(4); left > 0; left--) {
    const at = random(bytes.length)
    const kind = random(4)
    if (kind === 0) bytes[at] = random(256)
    else if (kind === 1) bytes[at] = '0123456789-*$\r\n'.charCodeAt(random(15))
    else if (kind === 2) bytes.copyWithin(at, random(bytes.length))
    else bytes.write('99999', at, 'latin1')
  }
  return random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
}

describe('ReplyParser under mutated and cut replies', () => {
  it(`gives replies or a coded error for ${count} of them, loses no lease, and asks for bounded memory`, () => {
    const pool = testPool()
    let refused = 0
    let parsed = 0
    for (let run = 0; run < count; run++) {
      const random = randomFrom(run)
      const bytes = mutated(random)
      const step = 1 + random(40)
      const parser = new ReplyParser({ maxPayloadBytes: 4096 })
      const lands = (depth: number, index: number): boolean => (depth + index) % 2 === 1
      let at = 0
      let there = 0
      try {
        for (parser.expect({ lands }); ; ) {
          if (parser.payloadBytes > 0) {
            if (parser.payloadBytes > 4096) throw new Error(`a lease of ${parser.payloadBytes} bytes`)
            if (at + parser.payloadBytes > bytes.length) break
            const lease = pool.lease(parser.payloadBytes)
            at += bytes.copy(lease.buffer, 0, at, at + parser.payloadBytes)
            there = Math.max(there, at)
            parser.land(lease)
          }
          at += parser.push(bytes.subarray(at, there))
          if (parser.done) {
            releaseReply(parser.take())
            parser.expect({ lands })
            parsed++
          } else if (parser.payloadBytes === 0) {
            if (parser.wantedBytes <= there - at) throw new Error('it stopped although it has what it wants')
            if (there === bytes.length) break
            there = Math.min(bytes.length, there + step)
          }
        }
      } catch (error) {
        if (!isPoolError(error, 'ERR_POOL_REDIS_PROTOCOL') && !isPoolError(error, 'ERR_POOL_TOO_LARGE')) throw error
        refused++
      }
      parser.dispose()
    }
    expect(pool.stats().inUse).toBe(0)
    expect(refused).toBeGreaterThan(count / 20)
    expect(parsed).toBeGreaterThan(count / 2)
  })
})
