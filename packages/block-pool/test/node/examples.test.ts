import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const folder = new URL('../../examples/', import.meta.url)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const names = readdirSync(folder)

const printed: Record<string, unknown[][]> = {
  'quick-start.ts': [[64, 0, 999], [300, 0], [2 ** 20]],
  'web-assembly.ts': [
    [256, true, true],
    [1000, true]
  ],
  'events.ts': [['expand', false, 8192], [16], [true], [true, 0]],
  'worker.ts': [[true], [true, true]]
}

describe('examples', () => {
  it.each(names)('%s stands in the README word for word', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8').trim()
    expect(readme).toContain(`\`\`\`ts\n${source}\n\`\`\``)
  })

  it.each(Object.keys(printed))('%s runs and prints what it says', async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, folder).href)
    expect(log.mock.calls).toEqual(printed[name])
  })

  it('has what each example prints', () => {
    expect([...names].sort()).toEqual(Object.keys(printed).sort())
  })
})
