// Needs a process of its own: an example listens to all pools.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const folder = new URL('../examples/', import.meta.url)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const names = readdirSync(folder).filter((name) => name.endsWith('.ts'))

const printed: Record<string, unknown[][]> = {
  'quick-start.ts': [['hello'], [100], [{ inUse: 0, available: 50, hitRatio: 1 }]],
  'any-size.ts': [[8192], [5000], [1]],
  'pending-io.ts': [[1], [16_384, 0]],
  'waiting.ts': [['nothing is free'], [0]],
  'manager.ts': [[1], [true], [true, 0, 0]],
  'leaks.ts': [['ERR_POOL_LEAK']],
  'recommendations.ts': [['classes', { sizes: [4100, 33_000, 65_536] }], ['49.7 % of the bytes handed out were not asked for.']],
  'observing.ts': [[expect.stringMatching(/^pool-\d+ has 1 buffers$/)]]
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
    log.mockRestore()
  })

  it('has what each example prints', () => {
    expect(names.filter((name) => !name.endsWith('.test.ts')).sort()).toEqual(Object.keys(printed).sort())
  })
})
