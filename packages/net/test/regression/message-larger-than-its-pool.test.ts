import { expect, it, vi } from 'vitest'
import { framed, type PooledConnection } from '../../src/index.js'
import { testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

const mebibyte = 1024 * 1024
const tooLarge = expect.objectContaining({
  code: 'ERR_POOL_MESSAGE_TOO_LARGE',
  message: expect.stringMatching(/full of the \d+ unread bytes/)
})

/** A line of 900 000 bytes that begins with a length of 1 000 000, so that it is a message of any framing, and is not there in whole by its length. */
const sent = Buffer.alloc(1_000_000, 'l')
sent.writeUInt32BE(1_000_000)
sent[899_999] = 10

const reads: Record<string, (connection: PooledConnection) => Promise<unknown>> = {
  'framed by newline': (connection) => framed(connection, { framing: 'newline' }).read(),
  'framed by u32be': (connection) => framed(connection).read(),
  readUntil: (connection) => connection.readUntil(10),
  read: (connection) => connection.read(mebibyte),
  peek: (connection) => connection.peek(990_000)
}

// The pool has a MiB, and the connection waits for memory for an hour: each would wait for bytes that it holds itself.
it.each(Object.keys(reads))('%s: a read that its pool can never serve beside the unread bytes is refused at once', async (name) => {
  const pool = testPool(mebibyte)
  const { connection, peer } = await twoEnds({ pool, waitMs: 3_600_000 })
  peer.write(sent)
  await expect(reads[name]?.(connection)).rejects.toEqual(tooLarge)
  await connection.closed
  expect(connection.error).toEqual(tooLarge)
  expect(pool.stats().inUse).toBe(0)
})

it('a read that began while the connection waits for memory is refused, too', async () => {
  const pool = testPool(mebibyte)
  const { connection, peer, group } = await twoEnds({ pool, waitMs: 3_600_000, maxReadAheadBytes: 2 * mebibyte })
  const stalled = new Promise((resolve) => group.once('stall', resolve))
  for (let piece = 0; piece < 4; piece++) peer.write(sent)
  await stalled
  const needed = expect.objectContaining({ message: expect.stringContaining(`needs ${mebibyte} bytes`) })
  const refused = connection.peek(mebibyte)
  await expect(refused).rejects.toEqual(tooLarge)
  // It waited for less, a piece of what comes, before the read began.
  await expect(refused).rejects.toEqual(needed)
})

it('a read waits for a pool whose stats() throws', async () => {
  const pool = testPool(mebibyte)
  const { connection, peer, group } = await twoEnds({ pool, waitMs: 50 })
  const stalled = new Promise((resolve) => group.once('stall', resolve))
  const stats = vi.spyOn(pool, 'stats').mockImplementation(() => {
    throw new Error('no figures')
  })
  const refused = expect(connection.read(mebibyte)).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' })
  peer.write(sent)
  await stalled
  await refused
  expect(stats).toHaveBeenCalled()
  stats.mockRestore()
  expect(pool.stats().inUse).toBe(0)
})

it('a read waits where memory that another owner holds would do', async () => {
  const pool = testPool(3 * mebibyte)
  const { connection, peer, group } = await twoEnds({ pool })
  const held = Array.from({ length: 32 }, () => pool.lease(65_536))
  const stalled = new Promise((resolve) => group.once('stall', resolve))
  const line = framed(connection, { framing: 'newline' }).read()
  peer.write(sent)
  await stalled
  for (const lease of held) lease.release()
  const lease = await line
  expect(lease?.buffer.length).toBe(899_999)
  lease?.release()
})

it('a read waits behind others that the pool serves first', async () => {
  const pool = testPool(mebibyte)
  const { connection, peer, group } = await twoEnds({ pool })
  peer.write(Buffer.alloc(500_000, 'l'))
  await until(() => connection.readAheadBytes > 300_000)
  const first = pool.leaseAsync(mebibyte, { timeoutMs: 3_600_000, signal: AbortSignal.timeout(1000) })
  const stalled = new Promise((resolve) => group.once('stall', resolve))
  const skipped = connection.peek(400_000)
  await stalled
  await expect(first).rejects.toMatchObject({ name: 'TimeoutError' })
  expect((await skipped)?.length).toBe(400_000)
})
