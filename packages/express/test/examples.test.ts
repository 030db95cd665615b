import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const folder = new URL('../examples/', import.meta.url)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const names = readdirSync(folder)

const printed: Record<string, unknown[][]> = {
  'quick-start.ts': [[200, '5 bytes'], [0]],
  'hold-body.ts': [[202], [['a job']], [0]],
  'json-and-routes.ts': [[{ bytes: 7, room: 4096 }], [['bodies']], [200, { healthy: true, warnings: [], errors: [] }]]
}

describe('examples', () => {
  it.each(names)('%s stands in the README word for word', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8').trim()
    expect(readme).toContain(`\`\`\`ts\n${source}\n\`\`\``)
  })

  it.each(names)('%s runs and prints what it says', async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, folder).href)
    expect(log.mock.calls).toEqual(printed[name])
    log.mockRestore()
  })
})
