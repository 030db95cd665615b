import { AsyncLocalStorage } from 'node:async_hooks'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connectPooled, createPooledServer } from '../../src/index.js'

const loaded = process as unknown as { readonly moduleLoadList: string[] }
const isResolverLoaded = (): boolean => loaded.moduleLoadList.includes('NativeModule dns')

const peer = createServer((socket) => socket.resume()).listen(0)
const { port } = peer.address() as AddressInfo

const uses: Record<string, () => Promise<unknown>> = {
  'connecting by a name': async () => {
    const connection = await connectPooled({ port, host: 'localhost' })
    await connection.close()
    return connection
  },
  'listening on an address': async () => {
    const server = createPooledServer({}, () => {})
    await server.listen({ port: 0, host: '127.0.0.1' })
    await server.close()
    return server
  }
}

async function inRequest(use: () => Promise<unknown>): Promise<{ readonly made: unknown; readonly store: WeakRef<object> }> {
  const store = { request: Buffer.alloc(1000) }
  const made = await new AsyncLocalStorage<object>().run(store, use)
  return { made, store: new WeakRef(store) }
}

/** Prints whether Node's resolver was loaded before and after the first use, and whether the store of the request of that is kept. */
const before = isResolverLoaded()
const { made, store } = await inRequest(uses[process.argv[2] as string] as () => Promise<unknown>)
for (let turns = 0; turns < 100 && store.deref() !== undefined; turns++) {
  await pause(10)
  globalThis.gc?.()
}
console.log(JSON.stringify({ resolver: [before, isResolverLoaded()], kept: store.deref() !== undefined }))
peer.close()
if (made === undefined) process.exitCode = 1
