import { expect, it } from 'vitest'
import { twoEnds } from '../support/two-ends.js'

it('closes, rather than wait for ever, a connection that was destroyed a moment before', async () => {
  const { connection } = await twoEnds()
  connection.destroy()
  await connection.close()
  expect(connection.destroyed).toBe(true)
})

it('rejects the end of a connection that was destroyed a moment before', async () => {
  const { connection } = await twoEnds()
  connection.destroy()
  await expect(connection.end()).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_CLOSED' })
})

it('settles the end of a connection that is destroyed while it ends', async () => {
  const { connection, peer } = await twoEnds({ maxUnsentBytes: 64 * 2 ** 20 })
  peer.pause()
  connection.tryWrite(Buffer.alloc(32 * 2 ** 20))
  const ended = connection.end()
  connection.destroy()
  await expect(ended).rejects.toBeInstanceOf(Error)
  await connection.close()
})
