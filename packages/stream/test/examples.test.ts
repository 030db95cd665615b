import { readdirSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const folder = new URL('../examples/', import.meta.url)

const printed: Record<string, unknown[][]> = {
  'file-server.ts': [[true, 0]],
  'files.ts': [[200_000], [65_536], [34_464], [2, 0]],
  'read-stream.ts': [
    [1_000_000, true],
    [1_000_000, 0]
  ],
  'serialization.ts': [[5011, 1], ['{"ok":true}', 1], [0]],
  'split-and-reassemble.ts': [[7], [true], [2, 0]],
  'transform.ts': [['706f6f6c'], ['POOL'], [0]]
}

describe('examples', () => {
  it.each(Object.keys(printed))('%s runs and prints what it says', async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, folder).href)
    expect(log.mock.calls).toEqual(printed[name])
  })

  it('has what each example prints', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(printed).sort())
  })
})
