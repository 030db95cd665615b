import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import type { Connect } from '../../src/index.js'

/** The two ways to a Redis: a socket of Node's, whose payloads are copied, and connections that read into leases. */
export const eachConnection: readonly [string, (pool: BufferSource<NonSharedBuffer>) => { connect?: Connect }][] = [
  ['plain sockets', () => ({})],
  ['pooled connections', (pool) => ({ connect: (target) => connectPooled({ ...target, pool }) })]
]
