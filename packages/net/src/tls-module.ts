import { createRequire } from 'node:module'

let loaded: typeof import('node:tls') | undefined

/** Node's TLS, loaded at its first use: 5 MiB of it become resident on Node 24 and 26, and a program of plain sockets needs none (decision 0371). */
export function tlsModule(): typeof import('node:tls') {
  // Any absolute path will do for a module of Node's own.
  loaded ??= createRequire(process.execPath)('node:tls') as typeof import('node:tls')
  return loaded
}
