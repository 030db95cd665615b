import { expect, it } from 'vitest'
import { helperThreadsMs } from '../../src/watching/helper-threads.js'

const areNamed = process.platform === 'linux' && Number.parseInt(process.versions.node, 10) >= 24

it.runIf(areNamed)('counts the time of helper threads, which grows while V8 collects beside the main thread', () => {
  const before = helperThreadsMs()
  let kept: unknown[] = []
  const collect = () => {
    kept = Array.from({ length: 300_000 }, (_, index) => ({ index, name: `object ${index}` }))
    return helperThreadsMs()
  }
  let after = collect()
  while (Number(after) <= Number(before)) after = collect()
  expect(before).toBeGreaterThanOrEqual(0)
  expect(kept).toHaveLength(300_000)
})

it.skipIf(areNamed)('says nothing where the threads have no names', () => {
  expect(helperThreadsMs()).toBeUndefined()
})
