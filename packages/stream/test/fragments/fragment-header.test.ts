import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeHeader,
  encodeHeader,
  type FragmentHeader,
  fragmentCount,
  fragmentHeaderBytes,
  sameMessage
} from '../../src/fragments/fragment-header.js'
import { sealed } from '../support/fragments.js'

const header: FragmentHeader = { messageId: 0x0102030405060708n, totalBytes: 10, pieceBytes: 4, index: 2, checksum: 0xfedcba98 }
const piece = Buffer.from('ab')
const fragment = Buffer.concat([encodeHeader(header), piece])

describe('fragment header', () => {
  it('lies as the picture shows', () => {
    expect(encodeHeader(header).toString('hex')).toBe('02e698de' + '0102030405060708' + '0000000a' + '00000004' + '00000002' + 'fedcba98')
    expect(encodeHeader(header).length).toBe(fragmentHeaderBytes)
  })

  it('is read as it was written, from the middle of any memory', () => {
    const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    const message = fc.record({ messageId: fc.bigInt(0n, 2n ** 64n - 1n), checksum: u32 })
    fc.assert(
      fc.property(
        message,
        fc.nat(5000),
        fc.integer({ min: 1, max: 700 }),
        fc.nat(1000),
        fc.nat(9),
        (rest, totalBytes, most, which, before) => {
          const pieceBytes = Math.min(most, totalBytes)
          const count = fragmentCount({ ...rest, totalBytes, pieceBytes, index: 0 })
          const index = which % count
          const written = { ...rest, totalBytes, pieceBytes, index }
          const bytes = Math.min(pieceBytes, totalBytes - index * pieceBytes)
          const memory = Buffer.concat([Buffer.alloc(before, 7), encodeHeader(written), Buffer.alloc(bytes)])
          expect(decodeHeader(memory.subarray(before))).toEqual(written)
          expect(decodeHeader(new Uint8Array(memory.subarray(before)))).toEqual(written)
        }
      )
    )
  })

  it('counts one fragment for an empty message', () => {
    expect(fragmentCount({ ...header, totalBytes: 0, pieceBytes: 0 })).toBe(1)
    expect(fragmentCount(header)).toBe(3)
    expect(fragmentCount({ ...header, totalBytes: 12 })).toBe(3)
    expect(fragmentCount({ ...header, totalBytes: 2 ** 32 - 1, pieceBytes: 1 })).toBe(2 ** 32 - 1)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a header', fragment.subarray(0, fragmentHeaderBytes - 1)],
    ['another version', sealed(changed(0, 1))],
    ['a checksum of the header that is another', changed(3, 1)],
    ['pieces longer than the message', encoded({ pieceBytes: 11 })],
    ['pieces of nothing', encoded({ pieceBytes: 0 })],
    ['pieces of nothing, in an empty message, but another index', encoded({ totalBytes: 0, pieceBytes: 0, index: 1 }, 0)],
    ['an index that the message has not', encoded({ index: 3 })],
    ['a piece that is cut', fragment.subarray(0, -1)],
    ['a piece that is too long', Buffer.concat([fragment, piece])],
    ['a last piece where a whole one belongs', encoded({ index: 1 })],
    ['a whole piece where the last one belongs', encoded({}, 4)]
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeHeader(bytes)).toThrow(expect.objectContaining({ code: 'ERR_POOL_FRAGMENT_INVALID' }))
  })

  it('knows every header of which one or two bits were flipped', () => {
    for (let one = 0; one < fragmentHeaderBytes * 8; one++) {
      for (let other = one; other < fragmentHeaderBytes * 8; other++) {
        const bytes = Buffer.from(fragment)
        bytes[one >> 3] = (bytes[one >> 3] as number) ^ (1 << (one & 7))
        if (other !== one) bytes[other >> 3] = (bytes[other >> 3] as number) ^ (1 << (other & 7))
        let isTaken = true
        try {
          decodeHeader(bytes)
        } catch {
          isTaken = false
        }
        if (isTaken) expect.unreachable(`bits ${one} and ${other}`)
      }
    }
  })

  it('tells messages apart by length, pieces and checksum', () => {
    expect(sameMessage(header, { ...header, index: 0 })).toBe(true)
    for (const other of [{ totalBytes: 11 }, { pieceBytes: 5 }, { checksum: 1 }]) {
      expect(sameMessage(header, { ...header, ...other })).toBe(false)
    }
  })
})

function changed(at: number, value: number): Buffer {
  const bytes = Buffer.from(fragment)
  bytes[at] = value
  return bytes
}

function encoded(other: Partial<FragmentHeader>, bytes = piece.length): Buffer {
  return Buffer.concat([encodeHeader({ ...header, ...other }), Buffer.alloc(bytes)])
}
