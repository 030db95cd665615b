import { type SplitMessageOptions, splitMessage } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/fragments/crc32.js'
import { decodeHeader, fragmentHeaderBytes } from '../../src/fragments/fragment-header.js'
import { fragmentsOf, patterned } from '../support/fragments.js'

describe('splitMessage', () => {
  it('gives pieces in order that are all of the message, none longer than asked', () => {
    for (const length of [0, 1, 99, 100, 101, 200, 1234]) {
      const message = patterned(length)
      const fragments = fragmentsOf(message, { maxFragmentBytes: fragmentHeaderBytes + 100 })
      expect(fragments.length).toBe(Math.max(1, Math.ceil(length / 100)))
      expect(fragments.every((fragment) => fragment.length <= fragmentHeaderBytes + 100)).toBe(true)
      expect(Buffer.concat(fragments.map((fragment) => fragment.subarray(fragmentHeaderBytes))).equals(message)).toBe(true)
      const headers = fragments.map(decodeHeader)
      expect(headers.map(({ index }) => index)).toEqual(fragments.map((_, index) => index))
      for (const header of headers) {
        expect(header).toMatchObject({ totalBytes: length, pieceBytes: Math.min(100, length), checksum: crc32(message) })
      }
    }
  })

  it('has fragments of 16 KiB at most by default, header and all', () => {
    expect(fragmentsOf(Buffer.alloc(20_000)).map(({ length }) => length)).toEqual([16_384, 20_000 - 16_356 + 28])
  })

  it('copies nothing: pieces are views of the message', () => {
    const message = new Uint8Array(patterned(1000).subarray(100))
    const [first] = [...splitMessage(message.subarray(50), { maxFragmentBytes: 128 })]
    expect(first?.piece.buffer).toBe(message.buffer)
    expect(first?.piece.byteOffset).toBe(message.byteOffset + 50)
  })

  it('makes each fragment when it is asked for, once', () => {
    const message = patterned(1000)
    const fragments = splitMessage(message, { maxFragmentBytes: 128 })
    expect(fragments.next().value?.index).toBe(0)
    message[999] = 0
    const rest = [...fragments]
    expect(rest.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(rest.at(-1)?.piece.at(-1)).toBe(0)
    expect([...fragments]).toEqual([])
  })

  it('takes the id that it is given, and else one that differs from message to message', () => {
    const ids = (options?: SplitMessageOptions) =>
      fragmentsOf(patterned(300), { maxFragmentBytes: 128, ...options }).map((f) => decodeHeader(f).messageId)
    for (const messageId of [0n, 2n ** 64n - 1n]) expect(ids({ messageId })).toEqual([messageId, messageId, messageId])
    const made = Array.from({ length: 1000 }, () => ids())
    expect(made.every((own) => new Set(own).size === 1)).toBe(true)
    expect(new Set(made.map(([id]) => id)).size).toBe(1000)
  })

  it.each([
    ['message', 'text', {}],
    ['options', Buffer.alloc(1), 1],
    ["'size'", Buffer.alloc(1), { size: 1 }],
    ['maxFragmentBytes', Buffer.alloc(1), { maxFragmentBytes: 28 }],
    ['maxFragmentBytes', Buffer.alloc(1), { maxFragmentBytes: 100.5 }],
    ['messageId', Buffer.alloc(1), { messageId: 1 }],
    ['messageId', Buffer.alloc(1), { messageId: -1n }],
    ['messageId', Buffer.alloc(1), { messageId: 2n ** 64n }]
  ])('refuses %s that can not be, before the first fragment is asked for', (name, message, options) => {
    const wrong = () => splitMessage(message as Uint8Array, options as SplitMessageOptions)
    expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) }))
  })

  it('refuses a message whose length does not fit the header', () => {
    // Four GiB of address space, of which no page is touched.
    const message = new Uint8Array(2 ** 32)
    expect(() => splitMessage(message)).toThrow(expect.objectContaining({ code: 'ERR_POOL_FRAGMENT_TOO_LARGE' }))
  })
})

describe('MessageFragment', () => {
  it('copies header and piece, and says how long they are', () => {
    const [, second] = [...splitMessage(patterned(150), { maxFragmentBytes: 128 })]
    const target = Buffer.alloc(90, 7)
    expect(second?.byteLength).toBe(78)
    expect(second?.copyTo(target)).toBe(78)
    expect(target.subarray(0, 28).equals(second?.header as Buffer)).toBe(true)
    expect(target.subarray(28, 78).equals(patterned(150).subarray(100))).toBe(true)
    expect(target.subarray(78)).toEqual(Buffer.alloc(12, 7))
  })

  it.each([['text'], [new Uint8Array(77)], [undefined]])('refuses a target that can not hold it: %s', (target) => {
    const [, second] = [...splitMessage(patterned(150), { maxFragmentBytes: 128 })]
    expect(() => second?.copyTo(target as Uint8Array)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })
})
