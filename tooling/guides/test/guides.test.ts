import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const examples = new URL('../examples/', import.meta.url)
const guides = new URL('../../../docs/guides/', import.meta.url)
const names = readdirSync(examples)
const textOf = (folder: URL, name: string): string => readFileSync(new URL(name, folder), 'utf8')
const blocks = readdirSync(guides).flatMap((guide) =>
  [...textOf(guides, guide).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => ({ guide, block }))
)

const printed: Record<string, unknown[][]> = {
  'first-pool.ts': [[8192], [{ hits: 1, misses: 1, inUse: 0 }]],
  'bounded.ts': [['ERR_POOL_EXHAUSTED'], [2]],
  'watched.ts': [['grown to 1'], ['grown to 2'], ['grown to 3'], ['grown to 4'], ['rows is exhausted'], [true]],
  'from-allocation.ts': [[true]],
  'from-express-raw.ts': [['6 bytes'], ['7 bytes']],
  'from-generic-pool.ts': [[7]],
  'from-bl.ts': [[38, 15, '200'], ['content-length: 0\r\n\r\n'], [0]],
  'own-pool.ts': [['clauses that failed:', []]],
  'one-owner.ts': [[7000, 0]],
  'hand-over.ts': [['hello'], [5], [0]],
  'in-flight.ts': [[1], [0], [0, 1]],
  'service.ts': [['5 bytes'], [200], [true]],
  'same-program-unpooled.ts': [
    ['pooling true', { hits: 999, misses: 1, mebibytes: 0.0625 }],
    ['pooling false', { hits: 0, misses: 1000, mebibytes: 62.5 }]
  ]
}

describe('the guides', () => {
  it.each(blocks)('$guide shows a program that is tested', ({ block }) => {
    expect(names.map((name) => textOf(examples, name))).toContain(block)
  })

  it.each(names)('%s stands in a guide', (name) => {
    expect(blocks.map(({ block }) => block)).toContain(textOf(examples, name))
  })

  it.each(names)('%s runs and prints what it says', { timeout: 60_000 }, async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, examples).href)
    expect(log.mock.calls).toEqual(printed[name])
  })
})
