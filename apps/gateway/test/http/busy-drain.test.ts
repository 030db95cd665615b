import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compiled } from '../../../../tooling/vitest-config/src/compiled.js'
import { GatewaySubprocess } from '../gateway-under-test.js'

const CLIENTS = compiled(fileURLToPath(new URL('busy-clients.ts', import.meta.url)))
/** Each takes some seconds: ten in `pnpm test:deep`. */
const RUNS = process.env.POOL_DEEP === '1' ? 10 : 1

interface Figures {
  readonly answered: number
  readonly reusedReset: number
  readonly freshReset: number
}

/** Stops a gateway under 88 clients that are busy, and tells what became of their requests. */
async function stopUnderLoad(workers: number): Promise<Figures> {
  const gateway = new GatewaySubprocess({ WORKERS: String(workers), SHUTDOWN_IDLE_MS: '1000', LOG_LEVEL: 'warn' })
  try {
    const url = await gateway.listening()
    const clients = spawn(process.execPath, [CLIENTS, url.href, '88'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface(clients.stdout)[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe('all are busy')
    gateway.child.kill('SIGTERM')
    expect(await gateway.ended()).toBe(0)
    return JSON.parse((await lines.next()).value) as Figures
  } finally {
    if (gateway.child.exitCode === null) gateway.child.kill('SIGKILL')
  }
}

test.each([1, 2])(
  'SIGTERM under 88 busy clients resets no connection that is reused: %d workers',
  async (workers) => {
    const runs: Figures[] = []
    for (let run = 0; run < RUNS; run += 1) runs.push(await stopUnderLoad(workers))
    expect(runs.map(({ reusedReset }) => reusedReset)).toEqual(Array(RUNS).fill(0))
    for (const { answered } of runs) expect(answered).toBeGreaterThan(88)
  },
  240_000
)
