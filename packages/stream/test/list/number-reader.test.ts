import { PooledBufferList } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { patterned } from '../support/fragments.js'

const widths = { Int8: 1, UInt8: 1, Int16: 2, UInt16: 2, Int32: 4, UInt32: 4, BigInt64: 8, BigUInt64: 8, Float: 4, Double: 8 }
const readers = Object.entries(widths).flatMap(([name, bytes]) =>
  (bytes === 1 ? [''] : ['BE', 'LE']).map((order) => [`read${name}${order}`, bytes] as const)
)
const flat = patterned(40, 7)
const list = new PooledBufferList()
for (let at = 0, bytes = 1; at < flat.length; at += bytes++) list.append(flat.subarray(at, at + bytes))
const misuse = expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
type Reader = (offset?: number, byteLength?: number) => unknown
const method = (target: object, name: string): Reader => (target as Record<string, Reader>)[name]?.bind(target) as Reader

describe('numbers', () => {
  it.each(readers)('%s reads as Buffer does, within a segment and across several', (name, bytes) => {
    for (let offset = 0; offset <= flat.length - bytes; offset++) expect(method(list, name)(offset)).toEqual(method(flat, name)(offset))
    expect(method(list, name)()).toEqual(method(flat, name)(0))
    for (const offset of [-1, flat.length - bytes + 1, 0.5, Number.NaN, '0' as never, null as never]) {
      expect(() => method(list, name)(offset)).toThrow(misuse)
    }
  })

  it.each(['readIntBE', 'readIntLE', 'readUIntBE', 'readUIntLE'])('%s reads 1 to 6 bytes', (name) => {
    for (let bytes = 1; bytes <= 6; bytes++) {
      for (let offset = 0; offset <= flat.length - bytes; offset++) {
        expect(method(list, name)(offset, bytes)).toBe(method(flat, name)(offset, bytes))
      }
      expect(() => method(list, name)(flat.length - bytes + 1, bytes)).toThrow(misuse)
    }
    for (const bytes of [0, 7, 1.5, undefined]) expect(() => method(list, name)(0, bytes)).toThrow(misuse)
  })
})
