import { expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool } from '../../src/index.js'

const pools = () => [
  new BlockPool({ name: 'blocks', type: Float32Array, shape: 64, blocks: 1024, strategy: 'lifo' }),
  new ExtentPool({ name: 'extents', bytes: 65_536 }),
  new SamplePool({ name: 'samples' })
]

it('validationReport() finds nothing wrong with a fresh pool, and one that was destroyed, as plain JSON', () => {
  for (const pool of pools()) {
    const before = pool.stats()
    const report = pool.validationReport()
    expect(report.criteria.filter(({ pass }) => !pass)).toEqual([])
    expect(report).toMatchObject({ pool: pool.name, kind: before.kind, valid: true, passed: report.criteria.length, failed: 0 })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(pool.stats()).toMatchObject({ inUse: before.inUse, refusedReleases: before.refusedReleases })
    pool.destroy()
    expect(pool.validationReport().valid).toBe(true)
  }
})

it('validationReport() tells what is wrong', () => {
  const pool = new BlockPool({ type: Uint8Array, shape: 4096, blocks: 10, strategy: 'lifo', coalesceAbove: 100 })
  const indices = Array.from({ length: 11 }, () => pool.getIndex()).slice(0, 10)
  for (const index of indices) pool.returnBlock(index)
  expect(() => pool.returnBlock(0)).toThrow()
  expect(pool.getFragmentation()).toBe(90)
  const failed = () => pool.validationReport().criteria.filter(({ pass }) => !pass)
  expect(failed()).toMatchObject([{ criterion: 'returns refused: double, stale or foreign', measured: 1 }])
  const extents = new ExtentPool({ bytes: 4096, alignment: 1024 })
  extents.allocate(1)
  expect(extents.validationReport()).toMatchObject({ valid: false })
})
