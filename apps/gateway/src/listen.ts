import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Makes `server` listen.
 * @param host - undefined: every address of the machine
 * @param port - 0 lets the system choose one
 * @returns the URL at which it can be reached
 * @throws (rejects) the system's error when it can't
 */
export async function listen(server: Server, host: string | undefined, port: number): Promise<string> {
  server.listen({ port, ...(host === undefined ? {} : { host }) })
  await once(server, 'listening')
  return urlOf(server.address() as AddressInfo)
}

function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '::' || address === '0.0.0.0') return `http://localhost:${port}`
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}
