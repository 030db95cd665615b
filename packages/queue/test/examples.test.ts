import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const folder = new URL('../examples/', import.meta.url)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

const printed: Record<string, unknown[][]> = {
  'scans.ts': [[true], ['scan-7', 100_000], [0]]
}

describe('examples', () => {
  it.each(Object.keys(printed))('%s stands in the README word for word', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8').trim()
    expect(readme).toContain(`\`\`\`ts\n${source}\n\`\`\``)
  })

  it.each(Object.keys(printed))('%s runs and prints what it says', async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, folder).href)
    expect(log.mock.calls).toEqual(printed[name])
  })

  it('has what each example prints', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(printed).sort())
  })
})
