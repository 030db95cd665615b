import { framings, prefixBytesOf, varintWith, writePrefix } from '@pool/core/kit/universal'
import { describe, expect, it } from 'vitest'

const lengths = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]

function varintOf(bytes: readonly number[]): number {
  return bytes.reduce((value, byte, index) => varintWith(value, index, byte), 0)
}

describe('writePrefix', () => {
  it.each(framings)('writes as many bytes of %s as prefixBytesOf says, and no other', (framing) => {
    for (const bytes of lengths) {
      const target = new Uint8Array(16).fill(0xaa)
      const count = prefixBytesOf(framing, bytes)
      writePrefix(framing, bytes, target, 3)
      const prefix = target.subarray(3, 3 + count)
      if (framing === 'u32be') expect(new DataView(target.buffer).getUint32(3)).toBe(bytes)
      if (framing === 'varint') expect(varintOf([...prefix])).toBe(bytes)
      expect(target.subarray(0, 3).every((byte) => byte === 0xaa)).toBe(true)
      expect(target.subarray(3 + count).every((byte) => byte === 0xaa)).toBe(true)
    }
  })

  it('writes a varint of 2 ** 32 with five bytes', () => {
    const target = new Uint8Array(5)
    writePrefix('varint', 2 ** 32, target, 0)
    expect([...target]).toEqual([128, 128, 128, 128, 16])
    expect(prefixBytesOf('varint', 2 ** 32)).toBe(5)
  })
})

describe('varintWith', () => {
  it('takes a short value that is written with ten bytes', () => {
    expect(varintOf([0x85, 128, 128, 128, 128, 128, 128, 128, 128, 0])).toBe(5)
  })

  it('is NaN at the tenth byte when an eleventh would follow', () => {
    expect(varintOf([0x85, 128, 128, 128, 128, 128, 128, 128, 128, 128])).toBeNaN()
  })

  it('reaches the largest safe integer, and is NaN above it', () => {
    expect(varintOf([255, 255, 255, 255, 255, 255, 255, 15])).toBe(Number.MAX_SAFE_INTEGER)
    expect(varintOf([128, 128, 128, 128, 128, 128, 128, 16])).toBeNaN()
  })
})
