import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { GatewaySubprocess, until } from './gateway-under-test.js'

// Each test starts processes, and machines may be busy.
vi.setConfig({ testTimeout: 60_000 })

let gateway: GatewaySubprocess

afterEach(() => {
  if (gateway.child.exitCode === null) gateway.child.kill('SIGKILL')
})

const pidAt = async (url: URL): Promise<number> => {
  const response = await fetch(new URL('/metrics/process', url), { headers: { connection: 'close' } })
  return ((await response.json()) as { pid: number }).pid
}

/** The processes that answer. */
async function pidsAt(url: URL, count: number, besides = 0): Promise<Set<number>> {
  const pids = new Set<number>()
  await until(async () => {
    // A connection that was handed to a worker which was just killed dies with it.
    const pid = await pidAt(url).catch(() => besides)
    if (pid !== besides) pids.add(pid)
    return pids.size === count
  }, `${count} processes answer`)
  return pids
}

test('two workers share the port, one that dies is replaced, and SIGTERM ends all with 0', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '2' })
  const url = await gateway.listening()
  const before = await pidsAt(url, 2)
  expect(before.has(gateway.child.pid ?? 0)).toBe(false)
  const [victim] = before
  process.kill(victim as number, 'SIGKILL')
  await until(() => gateway.output.includes('a worker ended unasked'), 'the death is noticed')
  const after = await pidsAt(url, 2, victim)
  expect(after.has(victim as number)).toBe(false)
  const answer = await fetch(new URL('/analyze', url), { method: 'POST', body: 'q=<script>alert(1)</script>' })
  expect(await answer.json()).toMatchObject({ verdict: 'threat' })
  gateway.child.kill('SIGTERM')
  expect(await gateway.ended()).toBe(0)
  expect(gateway.lines().filter(({ msg }) => msg === 'drained, pools destroyed')).toHaveLength(2)
  for (const pid of after) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('workers that get the signal too, as from a terminal, end as cleanly', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '2' })
  const url = await gateway.listening()
  const pids = await pidsAt(url, 2)
  for (const pid of [...pids, gateway.child.pid as number]) process.kill(pid, 'SIGINT')
  expect(await gateway.ended()).toBe(0)
})

test('gives up with 1 when its workers cannot start', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  gateway = new GatewaySubprocess({ WORKERS: '2', PORT: String((other.address() as { port: number }).port) })
  expect(await gateway.ended()).toBe(1)
  expect(gateway.lines()).toContainEqual(expect.objectContaining({ level: 60, reason: 'a worker could not start' }))
  other.close()
})
