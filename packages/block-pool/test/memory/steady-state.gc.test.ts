import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { compiled } from '../../../../tooling/vitest-config/src/compiled.js'
import { operationsOf } from '../support/operations.js'

const script = compiled(fileURLToPath(new URL('steady-state.ts', import.meta.url)))

/** Each one that took memory would take 16 bytes or more, so that a hundredth of them takes several times the young generation. */
const operations = operationsOf(50_000_000)

describe(`${operations} operations`, () => {
  for (const [name, argument] of [
    ['on a BlockPool in the order of addresses', 'address'],
    ['on a BlockPool that hands out the last one first', 'lifo'],
    ['on an ExtentPool', 'extents'],
    ['on a SamplePool', 'samples']
  ] as const) {
    it(`${name} grow the heap by 0 bytes, and cause no collection`, { timeout: 120_000 }, () => {
      // A process of its own, since a test runner allocates; with a young generation of 1 MiB, so that a collection comes early.
      const node = ['--trace-gc', '--max-semi-space-size=1', '--expose-gc', script, argument, String(operations)]
      const output = execFileSync(process.execPath, node, { encoding: 'utf8' })
      // What comes before is the warm-up, which ends with a collection that was asked for, and the process may collect once it ends.
      const [warmUp = '', measured = ''] = output.split(/^begin\n/m)
      const ours = [...warmUp.matchAll(/:(0x[0-9a-f]+)\].*testing/g)].at(-1)?.[1]
      expect(ours).toBeDefined()
      // The thread that loads modules has a heap of its own, and collects when it likes.
      const seen = measured.split('\n').filter((line) => !line.startsWith('[') || line.includes(`:${ours}]`))
      expect(seen[0]).toBe('end, grown by 0')
    })
  }
})
