import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const folder = new URL('../examples/', import.meta.url)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const names = readdirSync(folder)

const printed: Record<string, unknown[][]> = {
  'quick-start.ts': [['c6f9c70596015bed'], [expect.any(Buffer)], [0, 2, 2]],
  'guarded-memory.ts': [[true, true], ['ERR_POOL_SECURE_UNLOCKED']],
  'read-secrets.ts': [[28], [true], [3, false], [43, true], [0]],
  'login-and-token.ts': []
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
