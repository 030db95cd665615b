import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { compiled } from '../../../../tooling/vitest-config/src/compiled.js'

const script = compiled(fileURLToPath(new URL('./wasm-crossing.ts', import.meta.url)))

/** Bytes of heap for each turn, in a process of its own, with a young generation that holds all of it, so that a collection can hide nothing. */
async function bytesPerTurn(...flags: string[]): Promise<number> {
  const args = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', script, ...flags]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { bytes, turns } = JSON.parse(stdout) as { bytes: number; turns: number }
  return bytes / turns
}

it('a block that goes to WebAssembly by its address, is sent, received and released, allocates nothing', { timeout: 120_000 }, async () => {
  expect(await bytesPerTurn()).toBeLessThan(0.5)
})

it('… which is seen where one object is made for each', { timeout: 120_000 }, async () => {
  expect(await bytesPerTurn('--garbage')).toBeGreaterThan(8)
})
