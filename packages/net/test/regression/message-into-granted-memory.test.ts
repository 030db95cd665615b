import type { Lease } from '@pool/core'
import { expect, it } from 'vitest'
import { framed } from '../../src/index.js'
import { numbered, testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

it('reads the next message as such when the one before was put together in memory that was waited for', async () => {
  const pool = testPool(64 * 1024)
  const { connection, peer } = await twoEnds({ pool, readBytes: 16_384, maxMessageBytes: 32 * 1024, maxReadAheadBytes: 100_000 })
  const messages = framed(connection)
  const frame = (bytes: Buffer): Buffer => {
    const prefix = Buffer.alloc(4)
    prefix.writeUInt32BE(bytes.length)
    return Buffer.concat([prefix, bytes])
  }
  const first = frame(numbered(7000))
  peer.write(first.subarray(0, 3000))
  await until(() => connection.readAheadBytes === 3000)
  peer.write(first.subarray(3000))
  await until(() => connection.readAheadBytes === first.length)
  const held: Lease<Buffer>[] = []
  for (let bytes = 32_768; bytes >= 1024; bytes /= 2) {
    while (pool.stats().inUseBytes + bytes <= 64 * 1024) held.push(pool.lease(bytes))
  }
  const read = messages.read()
  await new Promise(setImmediate)
  for (const lease of held) lease.release()
  const lease = (await read) as Lease<Buffer>
  expect(lease.buffer.equals(numbered(7000))).toBe(true)
  lease.release()
  peer.write(frame(Buffer.from('next')))
  const next = (await messages.read()) as Lease<Buffer>
  expect(next.buffer.toString()).toBe('next')
  next.release()
})
