import { PooledBufferList } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../support/random.js'

/** `bytes` in segments of random lengths. */
function cut(bytes: Buffer, random: () => number, longest: number): PooledBufferList {
  const list = new PooledBufferList()
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random() * longest)
    list.append(bytes.subarray(at, at + length))
    at += length
  }
  return list
}

describe('indexOf', () => {
  it('finds what Buffer finds, wherever segments end', () => {
    const random = randomFrom(4)
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(Array.from({ length: 200 }, () => 97 + Math.floor(random() * 2)))
      const list = cut(bytes, random, 1 + (round % 40))
      const from = Math.floor(random() * 200)
      const needle = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 12) }, () => 97 + Math.floor(random() * 2)))
      expect(list.indexOf(needle, from)).toBe(bytes.indexOf(needle, from))
      expect(list.indexOf(needle.toString(), from)).toBe(bytes.indexOf(needle, from))
      expect(list.indexOf(98, from)).toBe(bytes.indexOf(98, from))
    }
  })

  it('finds needles longer than windows and segments', () => {
    const random = randomFrom(5)
    const bytes = Buffer.alloc(20_000, 'a')
    bytes.write('b', 15_000)
    const list = cut(bytes, random, 50)
    const needle = bytes.subarray(9000, 15_001)
    expect(list.indexOf(needle)).toBe(9000)
    expect(list.indexOf(needle, 9001)).toBe(-1)
    expect(list.indexOf(Buffer.alloc(20_001))).toBe(-1)
  })

  it('finds nothing in what a segment has room for', () => {
    const list = new PooledBufferList().write('needle').consume(6).write('need')
    expect([list.indexOf('needle'), list.indexOf('l'.charCodeAt(0)), list.indexOf('ed')]).toEqual([-1, -1, 2])
    list.close()
  })

  it('takes strings of any encoding, finds nothing at the offset, and refuses what can not be', () => {
    const list = new PooledBufferList().append(Buffer.from([1, 255])).append(Buffer.from([0, 2]))
    expect([list.indexOf('ff00', 0, 'hex'), list.indexOf('ÿ', 0, 'latin1'), list.indexOf('', 3), list.indexOf('', 4)]).toEqual([1, 1, 3, 4])
    for (const wrong of [-1, 256, 1.5, null, undefined, {}]) {
      expect(() => list.indexOf(wrong as number)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
    for (const offset of [-1, 5, 0.5, Number.NaN]) {
      expect(() => list.indexOf(1, offset)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
  })

  it('takes time linear in needle and list, however short the segments', { timeout: 60_000 }, () => {
    const bytes = Buffer.alloc(100_000, 'a')
    const list = cut(bytes, randomFrom(6), 4)
    const needle = Buffer.concat([Buffer.alloc(20_000, 'a'), Buffer.from('b')])
    const before = process.cpuUsage()
    expect(list.indexOf(needle)).toBe(-1)
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
  })
})
