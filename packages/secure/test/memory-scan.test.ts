import { describe, expect, it } from 'vitest'
import { backings, fills } from './backings.js'
import { isDeep } from './dice.js'
import { noScan, runScript } from './memory-scan/run-script.js'

const waysOut = [
  ...['release', 'release of a lease', 'release in debug mode', 'throw', 'rejection', 'trim', 'overflow', 'oversize', 'destroy', 'discard'],
  ...['overrun', 'closed idle memory', 'leak', 'a pool lost with its secret', 'a random token']
]
const endings = [
  ...['process.exit()', 'nothing left to do', 'an uncaught exception', 'an unhandled rejection'],
  ...['a signal whose listener exits', 'a signal nobody listens to']
]
/** Each run takes a process and reads all of its memory. `pnpm test:deep` tries both fills on each backing, and `pnpm test` one fill on each. */
const tried = backings.flatMap((backing) => fills.map((fill) => ({ backing, fill })))
const subjects =
  isDeep || backings.length === 1 ? tried : tried.filter(({ backing, fill }) => (backing === 'sodium') === (fill === 'random'))
const endingsOf = (fill: string): readonly string[] => (isDeep || fill === 'random' ? endings : [])
const why = noScan === undefined ? '' : ` (skipped: ${noScan})`

for (const { backing, fill } of subjects) {
  describe.skipIf(noScan !== undefined)(`all memory of a process, ${backing}, ${fill}${why}`, () => {
    it('holds a secret no more at once after each way out', { timeout: 240_000 }, async () => {
      const { stdout, stderr } = await runScript(new URL('./memory-scan/ways-out.ts', import.meta.url), backing, fill)
      expect(stdout, stderr).not.toBe('')
      const results: Record<string, { before: number; after: number }> = JSON.parse(stdout)
      expect(Object.keys(results).sort()).toEqual([...waysOut].sort())
      for (const [way, { before, after }] of Object.entries(results)) {
        expect(before, `${way}: the scan must find the secret while it is in use`).toBeGreaterThan(0)
        expect(after, way).toBe(0)
      }
    })

    it.each(endingsOf(fill))('holds a secret no more when the process ends by %s', { timeout: 240_000 }, async (ending) => {
      const { stdout, stderr, signal } = await runScript(new URL('./memory-scan/endings.ts', import.meta.url), backing, fill, ending)
      expect(stdout, stderr).not.toBe('')
      const { before, after } = JSON.parse(stdout)
      expect(before).toBeGreaterThan(0)
      expect(after).toBe(0)
      expect(signal).toBe(ending === 'a signal nobody listens to' ? 'SIGTERM' : null)
    })
  })
}

describe.skipIf(noScan !== undefined)(`functions of Node that are given a secret${why}`, () => {
  it('leave no copy where they are synchronous, and none after a collection where they are not', { timeout: 240_000 }, async () => {
    const { stdout, stderr } = await runScript(new URL('./memory-scan/node-functions.ts', import.meta.url))
    expect(stdout, stderr).not.toBe('')
    const results: Record<string, { atOnce: number; collected: number }> = JSON.parse(stdout)
    expect(Object.keys(results)).toHaveLength(9)
    for (const [name, { atOnce, collected }] of Object.entries(results)) {
      if (!['scrypt', 'pbkdf2', 'subtle.importKey'].includes(name)) expect(atOnce, name).toBe(0)
      expect(collected, `${name}, after a collection`).toBe(0)
    }
  })
})
