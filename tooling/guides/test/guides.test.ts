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

  it.each(names)('%s runs and prints what it says', async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, examples).href)
    expect(log.mock.calls).toEqual(printed[name])
  })
})
