import zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { crc32, scriptedCrc32 } from '../../src/fragments/crc32.js'

describe('crc32', () => {
  it.each([crc32, scriptedCrc32])('gives the check value of the CRC catalogue, and 0 of nothing', (checksum) => {
    expect(checksum(Buffer.from('123456789'))).toBe(0xcbf43926)
    expect(checksum(Buffer.alloc(0))).toBe(0)
    expect(checksum(new Uint8Array(32))).toBe(0x190a55ad)
  })

  it("is the same by the processor and in script, where Node has the processor's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        expect(scriptedCrc32(bytes)).toBe(crc32(bytes))
      })
    )
  })

  it('is that in script where Node has none', async () => {
    const module = zlib as { crc32?: unknown }
    const native = module.crc32
    vi.resetModules()
    delete module.crc32
    try {
      const without = await import('../../src/fragments/crc32.js')
      expect(without.crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
    } finally {
      if (native !== undefined) module.crc32 = native
      vi.resetModules()
    }
  })
})
