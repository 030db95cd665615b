import { AsyncLocalStorage } from 'node:async_hooks'
import { execFileSync } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { compiled } from '../../../../tooling/vitest-config/src/compiled.js'
import { connectPooled, createPooledServer } from '../../src/index.js'
import { taken, testPool } from '../support/two-ends.js'
import { until } from '../support/until.js'

const storage = new AsyncLocalStorage<object>()

/** A port that sends back what comes. */
async function echoPort(): Promise<number> {
  const server = createPooledServer({ pool: testPool() }, (connection) => connection.consume((lease) => connection.send(lease)))
  onTestFinished(() => server.close(0))
  await server.listen({ port: 0, host: '127.0.0.1' })
  return (server.address() as AddressInfo).port
}

/** Runs `use` in a request of its own; gives its result, and the store of the request as far as anything keeps it. */
async function inRequest<T>(use: () => Promise<T>): Promise<{ readonly kept: T; readonly store: WeakRef<object> }> {
  const store = { request: Buffer.alloc(1000) }
  const kept = await storage.run(store, use)
  return { kept, store: new WeakRef(store) }
}

const collected = async (ref: WeakRef<object>): Promise<boolean> => {
  // A WeakRef keeps its target until the turn of the loop is over.
  await pause(1)
  globalThis.gc?.()
  return ref.deref() === undefined
}

async function untilCollected(ref: WeakRef<object>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await collected(ref)) && performance.now() < deadline) await pause(20)
  expect(ref.deref()).toBeUndefined()
}

const host = '127.0.0.1'
const ends: Record<string, (port: number) => Promise<unknown>> = {
  'destroyed after an answer': async (port) => {
    const connection = await connectPooled({ port, host, pool: testPool(), idleTimeoutMs: 60_000 })
    await connection.write(Buffer.from('one'))
    expect(taken(await connection.read(3))).toBe('one')
    connection.destroy()
    await connection.closed
    return connection
  },
  'closed in order': async (port) => {
    const connection = await connectPooled({ port, host, pool: testPool() })
    await connection.write(Buffer.from('one'))
    await connection.close()
    return connection
  },
  'ended, then destroyed': async (port) => {
    const connection = await connectPooled({ port, host, pool: testPool() })
    await connection.end()
    connection.destroy()
    await connection.closed
    return connection
  },
  'a server that was closed': async () => {
    const server = createPooledServer({ pool: testPool() }, () => {})
    await server.listen({ port: 0, host })
    await server.close()
    return server
  }
}

it.each(Object.keys(ends))('a connection that is kept does not keep the stores of the request it was made in: %s', async (name) => {
  const port = await echoPort()
  const { kept, store } = await inRequest(() => (ends[name] as (port: number) => Promise<unknown>)(port))
  await untilCollected(store)
  expect(kept).toBeDefined()
})

// Node loads its resolver once, so that each of these needs a process of its own.
it.each(['connecting by a name', 'listening on an address'])(
  'the first look-up of a process does not keep the stores of its request: %s',
  (name) => {
    const fixture = compiled(fileURLToPath(new URL('../support/first-look-up.ts', import.meta.url)))
    const parameters = ['--expose-gc', fixture, name]
    expect(JSON.parse(execFileSync(process.execPath, parameters, { encoding: 'utf8' }))).toEqual({ resolver: [false, true], kept: false })
  },
  60_000
)

it('an open connection does not keep the memory of its first write', async () => {
  const port = await echoPort()
  const connection = await connectPooled({ port, host, pool: testPool() })
  onTestFinished(() => connection.destroy())
  const written = await (async () => {
    const data = Buffer.alloc(100_000)
    const ref = new WeakRef(data)
    await connection.write(data)
    return ref
  })()
  await connection.skip(100_000)
  await until(() => connection.unsentBytes === 0)
  await connection.write(Buffer.from('another'))
  await untilCollected(written)
})
