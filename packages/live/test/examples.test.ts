import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'

it('quick-start.ts runs and prints what it says, and stands in the README', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import('../examples/quick-start.js')
  expect(log.mock.calls).toEqual([[200, 'text/html; charset=utf-8'], [0]])
  const source = readFileSync(new URL('../examples/quick-start.ts', import.meta.url), 'utf8')
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(source)
})
