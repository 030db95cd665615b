import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { peakResidentBytes } from '@pool/core/kit'
import { expect, it } from 'vitest'
import { compiled } from '../../../tooling/vitest-config/src/compiled.js'

const MiB = 2 ** 20

it('is at least what is resident now, and no less once memory was given back', () => {
  const { rss } = process.memoryUsage()
  const before = peakResidentBytes()
  // The system may count pages in batches.
  expect(before).toBeGreaterThan(rss - 4 * MiB)
  const memory = Buffer.alloc(64 * MiB, 1)
  expect(peakResidentBytes()).toBeGreaterThanOrEqual(before)
  expect(memory[0]).toBe(1)
})

it.runIf(process.platform === 'linux')(
  'is of the process alone, however large the one was that started it',
  () => {
    const memory = Buffer.alloc(256 * MiB, 1)
    expect(memory[0]).toBe(1)
    const small = compiled(fileURLToPath(new URL('./support/prints-its-peak.ts', import.meta.url)))
    const peak = Number(execFileSync(process.execPath, [small], { encoding: 'utf8' }))
    expect(peak).toBeGreaterThan(10 * MiB)
    expect(peak).toBeLessThan(256 * MiB)
  },
  60_000
)
