/** Node's TLS, loaded at its first use: 5 MiB of it become resident on Node 24 and 26, and a program of plain sockets needs none (decision 0371). */
export function tlsModule(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls')
}
