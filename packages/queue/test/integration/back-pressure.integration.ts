import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { expect, it, onTestFinished } from 'vitest'
import type { WhenFull } from '../../src/index.js'
import { type Outrun, outrun } from '../support/faults/outrunning-process.js'

const isDeep = process.env.POOL_DEEP === '1'
/** Ten minutes in `test:soak`, unless told. */
const seconds = Number(process.env.POOL_OUTRUN_SECONDS ?? (isDeep ? 600 : 12))
const program = fileURLToPath(new URL('../support/faults/outrunning-process.ts', import.meta.url))

it(`stays flat in memory for ${seconds} s of adds that are faster than the consumer, where they wait and where they are refused`, {
  timeout: seconds * 1000 + 90_000
}, async () => {
  const server = await RedisServer.start()
  onTestFinished(() => server.stop())
  const running = async (whenFull: WhenFull, connection: string): Promise<Outrun> => {
    const parameters = [
      '--expose-gc',
      '--conditions=@pool/source',
      '--import',
      'tsx',
      program,
      server.url,
      whenFull,
      connection,
      String(seconds)
    ]
    const { stdout } = await promisify(execFile)(process.execPath, parameters)
    if (isDeep) console.info(whenFull, stdout)
    return JSON.parse(stdout) as Outrun
  }
  const [waiting, refusing] = await Promise.all([running('wait', 'plain'), running('refuse', 'pooled')])
  expect(waiting.waited).toBeGreaterThan(0)
  expect(waiting.refused).toBe(0)
  expect(refusing.waited).toBe(0)
  expect(refusing.refused).toBeGreaterThan(0)
  for (const { added, acked, first, rest } of [waiting, refusing]) {
    // Adds come a little after there is room.
    expect(rest.length).toBeGreaterThan(outrun.maxLength - outrun.together)
    expect(Math.max(first.length, rest.length)).toBeLessThanOrEqual(outrun.maxLength)
    expect(added - acked).toBeLessThanOrEqual(outrun.maxLength)
    expect(rest.rssMiB - first.rssMiB).toBeLessThan(32)
    expect(rest.heapMiB - first.heapMiB).toBeLessThan(8)
    expect(rest.poolMiB - first.poolMiB).toBeLessThan(1)
  }
})
