import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { SecureBufferPool } from '@pool/secure'
import { afterAll, expect, test } from 'vitest'
import { readPassword } from '../../src/login/read-password.js'

const pool = new SecureBufferPool({ name: 'read' })

afterAll(() => {
  expect(pool.stats().outstanding).toBe(0)
  pool.destroy()
})

/** What `readPassword` sees of a request, over chunks that the test can look at afterwards. */
function requestOf(stream: Readable, headers: Record<string, string> = {}, complete = true): IncomingMessage {
  // Sockets bring chunks of their own making; only of these can be seen what becomes of them.
  return Object.assign(stream, { headers, complete }) as unknown as IncomingMessage
}

test('gives exactly the bytes of the body, and wipes its chunks', async () => {
  const chunks = [Buffer.from('correct '), Buffer.from('horse')]
  const lease = await readPassword(pool, requestOf(Readable.from(chunks)))
  expect(lease.buffer.toString()).toBe('correct horse')
  lease.release()
  expect(Buffer.concat(chunks)).toEqual(Buffer.alloc(13))
})

test.each([
  ['is too long, as it says', { 'content-length': '2048' }, 2, 413],
  ['is too long, as is found out', {}, 4, 413],
  ['is encoded', { 'content-encoding': 'gzip' }, 1, 415]
])('wipes all of a body that %s', async (_how, headers, count, status) => {
  const chunks = Array.from({ length: count }, () => Buffer.alloc(512, 'x'))
  const request = requestOf(Readable.from(chunks), headers)
  await expect(readPassword(pool, request)).rejects.toMatchObject({ status })
  await finished(request)
  expect(Buffer.concat(chunks)).toEqual(Buffer.alloc(count * 512))
})

test('wipes what came before the sender went away', async () => {
  const chunk = Buffer.from('corr')
  const broken = new Readable({ read() {} })
  broken.push(chunk)
  setImmediate(() => broken.destroy(new Error('aborted')))
  await expect(readPassword(pool, requestOf(broken, {}, false))).rejects.toMatchObject({ status: 400, type: 'request.aborted' })
  expect(chunk).toEqual(Buffer.alloc(4))
})
