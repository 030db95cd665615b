import { describe, expect, it } from 'vitest'
import { SecureBufferPool } from '../../src/index.js'
import { EntropyReserve } from '../../src/vault/entropy-reserve.js'

const MiB = 1 << 20

/** `total` random bytes, as a pool in random mode hands them out, in secrets of mixed lengths. */
function drawn(total: number): Buffer {
  const pool = new SecureBufferPool({ backing: 'heap', fill: 'random' })
  const bytes = Buffer.alloc(total)
  const lengths = [32, 4096, 19, 64, 1000, 20_000]
  for (let at = 0, turn = 0; at < total; turn++) {
    const secret = pool.acquire(Math.min(lengths[turn % lengths.length] as number, total - at))
    at += secret.copy(bytes, at)
    pool.release(secret)
  }
  pool.destroy()
  return bytes
}

describe('the random mode', () => {
  const bytes = drawn(16 * MiB)

  it('passes a chi-square test on 16 MiB', () => {
    const counts = new Array<number>(256).fill(0)
    for (const byte of bytes) (counts[byte] as number)++
    const expected = bytes.length / 256
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 255 degrees of freedom: mean 255, deviation 22.6. Five deviations, so that one run in a million fails by chance.
    expect(chiSquare).toBeGreaterThan(255 - 5 * 22.6)
    expect(chiSquare).toBeLessThan(255 + 5 * 22.6)
  })

  it('passes a serial-correlation test on 16 MiB, at the lags of a byte and of each length that was drawn', () => {
    for (const lag of [1, 2, 8, 19, 32, 64, 1000, 4096]) {
      let products = 0
      let sum = 0
      let squares = 0
      const count = bytes.length - lag
      for (let index = 0; index < count; index++) {
        const byte = bytes[index] as number
        products += byte * (bytes[index + lag] as number)
        sum += byte
        squares += byte * byte
      }
      const correlation = (count * products - sum * sum) / (count * squares - sum * sum)
      // Knuth, The Art of Computer Programming, 3.3.2 K: the deviation is about 1/√n; the two sums differ by `lag` terms of n.
      expect(Math.abs(correlation), `lag ${lag}`).toBeLessThan(6 / Math.sqrt(count) + lag / count)
    }
  })

  it('repeats no block of 16 bytes in a MiB', () => {
    const blocks = new Set<string>()
    for (let at = 0; at < MiB; at += 16) blocks.add(bytes.toString('latin1', at, at + 16))
    expect(blocks.size).toBe(MiB / 16)
  })
})

describe('EntropyReserve', () => {
  it('gives each byte once, in order, and wipes it as it does', () => {
    const memory = new Uint8Array(1024)
    const reserve = new EntropyReserve(memory)
    reserve.fill(new Uint8Array(1), 1)
    let at = 1
    const target = new Uint8Array(300)
    for (const length of [1, 16, 64, 65, 300, 200]) {
      const next = memory.slice(at, at + length)
      // One random byte in 256 is zero: that a piece is random shows from 16 bytes on.
      if (length >= 16) expect(next.some((byte) => byte !== 0)).toBe(true)
      reserve.fill(target, length)
      expect(target.subarray(0, length)).toEqual(next)
      at += length
      expect(memory.subarray(0, at).every((byte) => byte === 0)).toBe(true)
    }
  })

  it('goes on across its end, and leaves nothing behind there', () => {
    const memory = new Uint8Array(128)
    const reserve = new EntropyReserve(memory)
    reserve.fill(new Uint8Array(100), 100)
    const tail = memory.slice(100)
    const target = new Uint8Array(64)
    reserve.fill(target, 64)
    expect(target.subarray(0, 28)).toEqual(tail)
    expect(target.subarray(28).some((byte) => byte !== 0)).toBe(true)
    expect(memory.subarray(0, 36).every((byte) => byte === 0)).toBe(true)
  })

  it('touches nothing of the target behind the length', () => {
    for (const length of [1, 64, 65, 100, 9000]) {
      const reserve = new EntropyReserve(new Uint8Array(65_536))
      // Several times, since one random byte may be 0.
      const targets = Array.from({ length: 20 }, () => new Uint8Array(length + 8))
      for (const target of targets) reserve.fill(target, length)
      expect(targets.some((target) => target.subarray(0, length).some((byte) => byte !== 0))).toBe(true)
      expect(targets.every((target) => target.subarray(length).every((byte) => byte === 0))).toBe(true)
    }
  })

  it('draws from the system when it was wiped or ended', () => {
    const memory = new Uint8Array(1024)
    const reserve = new EntropyReserve(memory)
    const target = new Uint8Array(32)
    reserve.fill(target, 32)
    reserve.blank()
    expect(memory.every((byte) => byte === 0)).toBe(true)
    reserve.fill(target, 32)
    reserve.end()
    expect(memory.every((byte) => byte === 0)).toBe(true)
    const last = target.slice()
    reserve.fill(target, 32)
    expect(target).not.toEqual(last)
  })
})
