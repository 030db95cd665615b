import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const folder = new URL('../examples/', import.meta.url)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

const printed: Record<string, unknown[][]> = {
  'buffer-list.ts': [['line of 100000 bytes, gzip', '1f8b'], [0]],
  'file-server.ts': [[true, 0]],
  'files.ts': [[200_000], [65_536], [34_464], [2, 0]],
  'framing.ts': [[5], ['ERR_POOL_MESSAGE_TOO_LARGE', 6], [50_000], [0]],
  'quick-start.ts': [['ALL'], ['MESSAGES'], ['ARRIVE'], ['WHOLE'], [4]],
  'read-stream.ts': [
    [1_000_000, 1],
    [1_000_000, 0]
  ],
  'serialization.ts': [[5011, 1], ['{"ok":true}', 1], [0]],
  'split-and-reassemble.ts': [[7], [true], [2, 0]],
  'transform.ts': [['706f6f6c'], ['POOL'], [0]]
}
/** What two ends of a connection print may come in either order. */
const inAnyOrder = ['framing.ts']

describe('examples', () => {
  it.each(Object.keys(printed))('%s stands in the README word for word', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8').trim()
    expect(readme).toContain(`\`\`\`ts\n${source}\n\`\`\``)
  })

  it.each(Object.keys(printed))('%s runs and prints what it says', async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, folder).href)
    const sorted = (lines: unknown[][]) => (inAnyOrder.includes(name) ? lines.map((line) => line.join(' ')).sort() : lines)
    expect(sorted(log.mock.calls)).toEqual(sorted(printed[name] as unknown[][]))
  })

  it('has what each example prints', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(printed).sort())
  })
})
