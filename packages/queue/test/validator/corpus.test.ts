import { plainLease } from '@pool/core/kit'
import { describe, expect, it } from 'vitest'
import { corpus } from '../../src/validator/corpus.js'

const options = { maxBytes: 100_000, messages: 600, seed: 7, serializeJson: undefined }

describe('the corpus', () => {
  it('has each byte value, texts, and sizes around each power of two up to the largest', () => {
    const messages = [...corpus({ ...options, messages: 0 })]
    const lengths = new Set(messages.map(({ bytes }) => bytes.length))
    for (const bytes of [0, 1, 1023, 1024, 1025, 65_535, 65_536, 65_537, 100_000]) expect(lengths).toContain(bytes)
    expect(Math.max(...lengths)).toBe(100_000)
    const single = messages.filter(({ bytes }) => bytes.length === 1).map(({ bytes }) => bytes[0])
    expect(new Set(single).size).toBe(256)
    for (const { text, bytes } of messages) if (text !== undefined) expect(Buffer.from(text).equals(bytes)).toBe(true)
  })

  it('fills up with random messages, which the seed alone decides', () => {
    const once = [...corpus(options)]
    const again = [...corpus(options)]
    expect(once).toHaveLength(600)
    expect(once.map(({ id }) => id)).toEqual(once.map((_, at) => String(at)))
    expect(once.every(({ bytes }, at) => bytes.equals(again[at]?.bytes as Buffer))).toBe(true)
    const other = [...corpus({ ...options, seed: 8 })]
    expect(once.every(({ bytes }, at) => bytes.equals(other[at]?.bytes as Buffer))).toBe(false)
  })

  it('serializes the same values as JSON.stringify does, and gives the leases back', () => {
    const leases: { released: boolean }[] = []
    const serializeJson = (value: unknown) => {
      const lease = plainLease(Buffer.from(JSON.stringify(value)))
      leases.push(lease)
      return lease
    }
    const messages = [...corpus({ ...options, serializeJson })]
    const of = (what: string) => messages.filter(({ name }) => name.startsWith(what)).map(({ bytes }) => bytes.toString())
    expect(of('serializeJson of')).toEqual(of('JSON of'))
    expect(leases.length).toBeGreaterThan(3)
    expect(leases.every(({ released }) => released)).toBe(true)
  })
})
