import autocannon from 'autocannon'
import type { Served } from './served.js'

/** What one request cost. */
export interface Cost {
  /** CPU time of the server, in µs. */
  readonly cpuMicros: number
  readonly perSecond: number
}

/** What whatever else the machine does has added least to. */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 4)]!
}

/** Sends `amount` requests over `connections`, and gives the server's CPU for each. */
export async function load(
  server: Served,
  { body, type }: { readonly body: Buffer; readonly type: string },
  connections: number,
  amount: number
): Promise<Cost> {
  const headers = { 'content-type': type }
  const url = `http://127.0.0.1:${server.port}/`
  const before = await server.figures()
  const began = performance.now()
  const result = await autocannon({ url, method: 'POST', headers, body, connections, amount, timeout: 60, sampleInt: 20 })
  const elapsedMs = performance.now() - began
  const after = await server.figures()
  if (result['2xx'] !== amount) throw new Error(`${server.subject}: ${result['2xx']} of ${amount} requests were answered 200`)
  return { cpuMicros: (after.cpuMicros - before.cpuMicros) / amount, perSecond: (amount * 1000) / elapsedMs }
}
