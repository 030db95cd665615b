import type { BufferSource } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { CommandEncoder, type CommandPart } from '../../src/resp/command-encoder.js'
import { testPool } from '../support/test-pool.js'

function encoded(pool: BufferSource<Buffer>, ...commands: (readonly CommandPart[])[]): string {
  const encoder = new CommandEncoder(pool)
  for (const parts of commands) encoder.add(parts)
  const pieces = encoder.take()
  const bytes = Buffer.concat(pieces.map(({ buffer }) => buffer)).toString()
  for (const piece of pieces) piece.release()
  return bytes
}

const expected = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`

describe('a CommandEncoder', () => {
  it('writes words of each length, of ASCII or not, with the length in bytes', () => {
    const pool = testPool()
    const lengths = [0, 1, 9, 10, 11, 33, 34, 99, 100, 101, 102, 999, 1000, 1001, 9999, 20_000]
    const words = lengths.flatMap((length) => ['a'.repeat(length), `${'b'.repeat(length)}ü`, `€${'c'.repeat(length)}`, '\u007f\u0080', '𝄞'])
    expect(encoded(pool, words)).toBe(expected(...words))
    expect(pool.stats().inUse).toBe(0)
  })

  it.each([1, 9, 10, 99, 100, 1000, 1001])('counts %d words', (count) => {
    const words = Array.from({ length: count }, (_, index) => String(index))
    expect(encoded(testPool(), words)).toBe(expected(...words))
  })

  it('writes commands behind each other, numbers and bytes among their words, across pieces of memory', () => {
    const pool = testPool()
    const bytes = Buffer.from('x'.repeat(700))
    const command = ['SET', 'key', bytes, 12, -3, 0.5, Number.MAX_SAFE_INTEGER]
    const commands = Array.from({ length: 60 }, () => command)
    const one = expected('SET', 'key', bytes.toString(), '12', '-3', '0.5', String(Number.MAX_SAFE_INTEGER))
    expect(encoded(pool, ...commands)).toBe(one.repeat(60))
    expect(pool.stats().inUse).toBe(0)
  })

  it.each([
    [4096, 1],
    [4097, 3]
  ])('sends a payload of %d bytes in %d pieces: the longer one from where it lies', (bytes, count) => {
    const pool = testPool()
    const lease = pool.lease(bytes)
    const encoder = new CommandEncoder(pool)
    encoder.add(['SET', 'key', lease])
    const pieces = encoder.take()
    expect(pieces).toHaveLength(count)
    expect(pieces.some(({ buffer }) => buffer.buffer === lease.buffer.buffer && buffer.byteOffset === lease.buffer.byteOffset)).toBe(
      count > 1
    )
    for (const piece of [...pieces, lease]) piece.release()
    expect(pool.stats().inUse).toBe(0)
  })
})
