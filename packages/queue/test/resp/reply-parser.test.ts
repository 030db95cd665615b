import type { Lease } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { isLease, type Landing, landsNothing, landsWhole, type Reply, releaseReply } from '../../src/resp/reply.js'
import { ReplyParser } from '../../src/resp/reply-parser.js'
import { RedisReplyError } from '../../src/resp/resp-errors.js'
import { testPool } from '../support/test-pool.js'

const bounds = { maxPayloadBytes: 1024 * 1024 }

/** Parses `text`, of which `step` bytes more come each time, and puts what lands into leases. */
function parseAll(text: string | Buffer, lands: Landing = landsNothing, step = Number.POSITIVE_INFINITY): Reply[] {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text)
  const parser = new ReplyParser(bounds)
  const pool = testPool()
  const replies: Reply[] = []
  let at = 0
  let there = Math.min(step, bytes.length)
  parser.expect({ lands })
  for (;;) {
    if (parser.payloadBytes > 0) {
      const count = parser.payloadBytes
      while (there - at < count) there += Math.min(step, bytes.length - there) || fail()
      const lease = pool.lease(count)
      bytes.copy(lease.buffer, 0, at, at + count)
      at += count
      parser.land(lease)
    }
    at += parser.push(bytes.subarray(at, there))
    if (parser.done) {
      replies.push(parser.take())
      parser.expect({ lands })
      if (at === bytes.length) return replies
    } else if (parser.payloadBytes === 0) {
      expect(parser.wantedBytes).toBeGreaterThan(there - at)
      there += Math.min(step, bytes.length - there) || fail()
    }
  }
}

/** Parses an answer of two entries byte by byte or at once, and takes entries over; gives them, and what was left in the reply. */
function takeEntries(text: string, step: number): { readonly taken: Reply[][]; readonly reply: Reply; readonly arrays: Set<unknown> } {
  const bytes = Buffer.from(text)
  const parser = new ReplyParser(bounds)
  const taken: Reply[][] = []
  const arrays = new Set<unknown>()
  const takePart = (items: readonly Reply[], depth: number): boolean => {
    if (depth !== 1 || !Array.isArray(items[1])) return false
    arrays.add(items).add(items[1])
    taken.push([...items.slice(0, 1), ...items[1]])
    return true
  }
  parser.expect({ lands: landsNothing, takePart })
  let at = 0
  for (let there = 0; !parser.done; there = Math.min(bytes.length, there + step)) at += parser.push(bytes.subarray(at, there))
  return { taken, reply: parser.take(), arrays }
}

function fail(): never {
  throw new Error('it wants more than there is')
}

const streamReply = (payload: string) =>
  `*1\r\n*2\r\n$4\r\njobs\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nd\r\n$${payload.length}\r\n${payload}\r\n`

describe('ReplyParser', () => {
  it.each([1, 7, 1000])('hands parts over as they come, by %i bytes, and uses their arrays again', (step) => {
    const entry = (id: string) => `*2\r\n$${id.length}\r\n${id}\r\n*2\r\n+d\r\n+${id}!\r\n`
    const { taken, reply, arrays } = takeEntries(`*4\r\n:7\r\n${entry('one')}${entry('two')}*1\r\n:8\r\n`, step)
    expect(taken).toEqual([
      ['one', 'd', 'one!'],
      ['two', 'd', 'two!']
    ])
    expect(reply).toEqual([7, null, null, [8]])
    expect(arrays.size).toBe(2)
  })

  it('offers no array of an attribute or a push', () => {
    const { taken, reply } = takeEntries('*1\r\n|1\r\n+at\r\n*2\r\n+x\r\n*1\r\n:1\r\n*2\r\n+y\r\n*1\r\n:2\r\n', 1000)
    expect([taken, reply]).toEqual([[['y', 2]], [null]])
    const push = takeEntries('>2\r\n+x\r\n*2\r\n+x\r\n*1\r\n:1\r\n*1\r\n*2\r\n+y\r\n*1\r\n:2\r\n', 1000)
    expect(push.taken).toEqual([['y', 2]])
  })

  it.each<[string, string, Reply]>([
    ['a simple string', '+OK\r\n', 'OK'],
    ['a number', ':-42\r\n', -42],
    ['a number beyond 2⁵³', ':9223372036854775807\r\n', 9_223_372_036_854_775_807n],
    ['a big number', '(3492890328409238509324850943850943825024385\r\n', 3_492_890_328_409_238_509_324_850_943_850_943_825_024_385n],
    ['a bulk string', '$5\r\nhel\rl\r\n', 'hel\rl'],
    ['an empty bulk string', '$0\r\n\r\n', ''],
    ['a null of RESP2', '$-1\r\n', null],
    ['a null array of RESP2', '*-1\r\n', null],
    ['a null of RESP3', '_\r\n', null],
    ['a boolean', '#t\r\n', true],
    ['a double', ',1.5\r\n', 1.5],
    ['infinity', ',-inf\r\n', Number.NEGATIVE_INFINITY],
    ['a verbatim string', '=8\r\ntxt:text\r\n', 'text'],
    ['an empty array', '*0\r\n', []],
    ['an array in an array', '*2\r\n*1\r\n:1\r\n*0\r\n', [[1], []]],
    ['a set', '~2\r\n:1\r\n:2\r\n', [1, 2]],
    ['a map, as keys and values in turn', '%1\r\n+mode\r\n+standalone\r\n', ['mode', 'standalone']],
    ['an attribute, which it leaves out', '|1\r\n+ttl\r\n:5\r\n:7\r\n', 7],
    ['an attribute within an array', '*2\r\n:1\r\n|1\r\n+ttl\r\n:5\r\n:2\r\n', [1, 2]],
    ['a push before a reply, which it leaves out', '>2\r\n+invalidate\r\n:1\r\n+OK\r\n', 'OK']
  ])('parses %s, whole and byte by byte', (_, text, expected) => {
    expect(parseAll(text)).toEqual([expected])
    expect(parseAll(text, landsNothing, 1)).toEqual([expected])
    expect(parseAll(text + text, landsNothing, 3)).toEqual([expected, expected])
  })

  it('gives errors with the first word as code, and nothing that a quotation mark stands before', () => {
    const [simple, bulk] = parseAll('-WRONGTYPE Operation against \'secret\'\r\n!23\r\nSYNTAX invalid "secret"\r\n') as RedisReplyError[]
    expect(simple).toBeInstanceOf(RedisReplyError)
    expect(simple).toMatchObject({ code: 'ERR_POOL_REDIS_REPLY', redisCode: 'WRONGTYPE' })
    expect(bulk).toMatchObject({ redisCode: 'SYNTAX' })
    expect(`${simple} ${bulk}`).not.toContain('secret')
  })

  it('gives the code of a command that a script has called, and a word with an apostrophe whole', () => {
    const lines = [
      'ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY Not now ',
      "READONLY You can't write against a read only replica."
    ]
    const [script, replica] = parseAll(lines.map((line) => `-${line}\r\n`).join('')) as RedisReplyError[]
    expect(script).toMatchObject({ redisCode: 'READONLY' })
    expect(replica?.message).toContain("READONLY You can't write against a read only replica.")
  })

  it('lands the payloads that the landing names, in leases of exactly their length', () => {
    const lands: Landing = (depth, index) => depth === 5 && index % 2 === 1
    for (const step of [1, 7, 1000]) {
      const [reply] = parseAll(streamReply('x'.repeat(300)), lands, step) as [Reply[]]
      const [[[, [[entryId, [field, payload]]]]]] = [reply as never] as [[[string, [[string, [string, Lease<Buffer>]]]]]]
      expect(entryId).toBe('1-0')
      expect(field).toBe('d')
      expect(payload.buffer.toString()).toBe('x'.repeat(300))
      expect(payload.buffer).toHaveLength(300)
      releaseReply(reply)
      expect(payload.released).toBe(true)
    }
  })

  it('lands an empty payload, too', () => {
    const [reply] = parseAll('$0\r\n\r\n', landsWhole)
    expect(isLease(reply) && reply.buffer.length).toBe(0)
  })

  it('lands nothing within a push', () => {
    const [reply] = parseAll('>1\r\n$3\r\nabc\r\n$2\r\nok\r\n', (depth) => depth <= 1)
    expect(isLease(reply) && reply.buffer.toString()).toBe('ok')
    releaseReply(reply as Reply)
  })

  it.each([
    ['a length beyond any', '$9999999999\r\n'],
    ['a length of twenty digits', '$99999999999999999999\r\n'],
    ['a negative length', '$-2\r\n'],
    ['a length with letters', '*1a\r\n'],
    ['no length', '$\r\n'],
    ['an array of a milliard', '*1000000000\r\n'],
    ['a map of a milliard', '%1000000000\r\n'],
    ['arrays nested 10⁵ deep', '*1\r\n'.repeat(100_000)],
    ['arrays of arrays with too many parts', '*1000\r\n'.repeat(10) + '*99999\r\n'.repeat(10)],
    ['an unknown type', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a line without an end', `+${'a'.repeat(20_000)}`],
    ['a line that ends with CR alone', '+OK\rx'],
    ['a string that is longer than its length', '$2\r\nabc\r\n'],
    ['a number that is none', ':1x\r\n'],
    ['a boolean that is none', '#x\r\n'],
    ['a push within a reply', '*1\r\n>1\r\n:1\r\n'],
    ['a streamed string', '$?\r\n'],
    ['texts that are too long together', `*3\r\n${`$500000\r\n${'a'.repeat(500_000)}\r\n`.repeat(3)}`]
  ])('refuses %s with ERR_POOL_REDIS_PROTOCOL', (_, text) => {
    expect(() => parseAll(text)).toThrow(expect.objectContaining({ code: 'ERR_POOL_REDIS_PROTOCOL' }))
  })

  it('refuses a payload above the bound with ERR_POOL_TOO_LARGE, and asks for no memory', () => {
    expect(() => parseAll('$1048577\r\n', landsWhole)).toThrow(expect.objectContaining({ code: 'ERR_POOL_TOO_LARGE' }))
    expect(() => parseAll('$9999999999\r\n', landsWhole)).toThrow(expect.objectContaining({ code: 'ERR_POOL_TOO_LARGE' }))
  })

  it('releases what had landed when it is disposed within a reply', () => {
    const pool = testPool()
    const parser = new ReplyParser(bounds)
    parser.expect({ lands: () => true })
    parser.push(Buffer.from('*2\r\n*2\r\n$3\r\n'))
    parser.land(pool.lease(3))
    parser.push(Buffer.from('\r\n$4\r\n'))
    parser.land(pool.lease(4))
    expect(pool.stats().inUse).toBe(2)
    parser.dispose()
    parser.dispose()
    expect(pool.stats().inUse).toBe(0)
  })
})
