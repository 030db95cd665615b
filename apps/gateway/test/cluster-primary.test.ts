import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { GatewaySubprocess, until } from './gateway-under-test.js'

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

test('ends with 0 when it is asked to stop while workers are still starting', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '4' })
  await gateway.listening()
  gateway.child.kill('SIGTERM')
  expect(await gateway.ended()).toBe(0)
})

test('two workers that die within a second are both replaced, and the third is left alone', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '3' })
  const url = await gateway.listening()
  const [first, second, healthy] = [...(await pidsAt(url, 3))] as [number, number, number]
  process.kill(first, 'SIGKILL')
  process.kill(second, 'SIGKILL')
  const deaths = () => gateway.lines().filter(({ msg }) => msg === 'a worker ended unasked')
  await until(() => deaths().length === 2, 'both deaths are noticed')
  expect(deaths().map(({ delayMs }) => delayMs)).toEqual([0, 500])
  const after = new Set<number>()
  await until(async () => {
    after.add(await pidAt(url).catch(() => healthy))
    return [...after].filter((pid) => pid !== first && pid !== second).length === 3
  }, 'three workers answer')
  expect(after).toContain(healthy)
  gateway.child.kill('SIGTERM')
  expect(await gateway.ended()).toBe(0)
})

test('leaves no connection hanging that came while a worker died: it is served, or broken off', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '2' })
  const url = await gateway.listening()
  for (const pid of await pidsAt(url, 2)) process.kill(pid, 'SIGKILL')
  const outcomes: string[] = []
  await until(async () => {
    const signal = AbortSignal.timeout(20_000)
    const answer = fetch(new URL('/analyze', url), { method: 'POST', body: 'a=1', headers: { connection: 'close' }, signal })
    outcomes.push(
      await answer.then(
        ({ status }) => String(status),
        ({ name }) => name
      )
    )
    return gateway.lines().filter(({ msg }) => msg === 'a worker ended unasked').length === 2
  }, 'both deaths are noticed')
  expect(outcomes).not.toContain('TimeoutError')
})

test('gives up with 1 after five deaths, when no worker is left', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '5' })
  const url = await gateway.listening()
  for (const pid of await pidsAt(url, 5)) process.kill(pid, 'SIGKILL')
  expect(await gateway.ended()).toBe(1)
  expect(gateway.lines()).toContainEqual(
    expect.objectContaining({ level: 60, reason: '5 workers ended within a minute, and none is left' })
  )
})

test('shows the figures of both workers on one page of the primary, and says so where a worker is asked', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '2' })
  const url = await gateway.listening()
  const page = new URL('/metrics', await gateway.metrics())
  await pidsAt(url, 2)
  const post = () => fetch(new URL('/analyze', url), { method: 'POST', body: 'hello', headers: { connection: 'close' } })
  for (let sent = 0; sent < 6; sent += 1) expect((await post()).status).toBe(200)
  // The first page begins every counter at 0.
  await (await fetch(page)).text()
  const response = await fetch(page)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const gets = [...(await response.text()).matchAll(/^buffer_pool_gets_total\{.*pool="scratch".*\} (\d+)$/gm)]
  expect(gets.reduce((sum, [, value]) => sum + Number(value), 0)).toBe(6)

  const elsewhere = await fetch(new URL('/metrics', url))
  expect(elsewhere.status).toBe(404)
  expect(await elsewhere.json()).toMatchObject({ error: { code: 'metrics.elsewhere' } })

  gateway.child.kill('SIGTERM')
  expect(await gateway.ended()).toBe(0)
  await expect(fetch(page)).rejects.toThrow()
})

test('opens no page with METRICS=none', async () => {
  gateway = new GatewaySubprocess({ WORKERS: '2', METRICS: 'none' })
  const url = await gateway.listening()
  expect(gateway.output).not.toContain('metrics of all workers')
  expect(await (await fetch(new URL('/metrics', url))).json()).toMatchObject({ error: { code: 'route.unknown' } })
  gateway.child.kill('SIGTERM')
  expect(await gateway.ended()).toBe(0)
})

test('ends with 1, and starts no worker, when the port of its page is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  gateway = new GatewaySubprocess({ WORKERS: '2', METRICS_PORT: String((other.address() as { port: number }).port) })
  expect(await gateway.ended()).toBe(1)
  expect(gateway.errors).toMatch(/^METRICS_PORT: 127\.0\.0\.1, port \d+, is taken: .*\n$/)
  other.close()
})
