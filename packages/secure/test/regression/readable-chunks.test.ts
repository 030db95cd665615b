import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { compiled } from '../../../../tooling/vitest-config/src/compiled.js'
import { readSecret, SecureBufferPool } from '../../src/index.js'

const pool = new SecureBufferPool({ backing: 'heap' })
const isZero = (chunk: Buffer) => chunk.every((byte) => byte === 0)

/** A Readable with chunks in its buffer, and those chunks. */
function buffered(...texts: string[]): { source: Readable; chunks: Buffer[] } {
  const chunks = texts.map((text) => Buffer.from(text))
  const source = new Readable({ read() {} })
  for (const chunk of chunks) source.push(chunk)
  return { source, chunks }
}

describe('readSecret', () => {
  it('wipes each chunk of a body that came in packets before it was read', async () => {
    const chunks: Buffer[] = []
    const server = createServer(async (request, response) => {
      const push = request.push
      request.push = function (chunk: Buffer | null, encoding?: BufferEncoding) {
        if (chunk !== null) chunks.push(chunk)
        return push.call(this, chunk, encoding)
      }
      while (chunks.length < 2) await sleep(5)
      const secret = await readSecret(pool, request)
      response.end(String(secret.buffer.length))
      secret.release()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    client.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 40\r\n\r\n`)
    await sleep(20)
    client.write('A'.repeat(20))
    await sleep(50)
    client.write('B'.repeat(20))
    const answer = await new Promise<string>((resolve) => client.once('data', (data) => resolve(String(data))))
    client.destroy()
    server.close()
    expect(answer).toMatch(/40$/)
    expect(chunks).toHaveLength(2)
    expect(chunks.every(isZero)).toBe(true)
  })

  it('wipes what is still buffered when the secret is too long, and destroys the stream', async () => {
    const { source, chunks } = buffered('12345', '67890', 'abcde', 'fghij')
    await expect(readSecret(pool, source, { maxBytes: 5 })).rejects.toMatchObject({ code: 'ERR_POOL_TOO_LARGE' })
    expect(source.destroyed).toBe(true)
    expect(chunks.every(isZero)).toBe(true)
    expect(pool.stats().inUse).toBe(0)
  })

  it('lets a stream outlive the error where asked, and wipes what still comes', async () => {
    const { source, chunks } = buffered('12345', '67890')
    await expect(readSecret(pool, source, { maxBytes: 5, destroyOnError: false })).rejects.toMatchObject({ code: 'ERR_POOL_TOO_LARGE' })
    expect(source.destroyed).toBe(false)
    const later = Buffer.from('later')
    source.push(later)
    source.push(null)
    await new Promise((resolve) => source.once('close', resolve))
    expect([...chunks, later].every(isZero)).toBe(true)
    expect(source.listenerCount('data') + source.listenerCount('end')).toBe(0)
  })

  it('reads a stream that is paused, one that ends without close, and refuses one that closed early', async () => {
    const paused = buffered('se', 'cret')
    paused.source.push(null)
    paused.source.pause()
    const secret = await readSecret(pool, paused.source)
    expect(secret.buffer.toString()).toBe('secret')
    secret.release()
    const silent = new Readable({ read() {}, autoDestroy: false, emitClose: false })
    silent.push('body')
    silent.push(null)
    const body = await readSecret(pool, silent)
    expect(body.buffer.toString()).toBe('body')
    body.release()
    const closed = buffered('half')
    setTimeout(() => closed.source.destroy(), 5)
    await expect(readSecret(pool, closed.source)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
    await expect(readSecret(pool, closed.source)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
    const failed = buffered('half')
    failed.source.destroy(new Error('reset by peer'))
    await expect(readSecret(pool, failed.source)).rejects.toThrow('reset by peer')
    expect(pool.stats().inUse).toBe(0)
  })
})

describe('readSecretSync', () => {
  it('waits for a slow writer on a descriptor that does not block', { timeout: 60_000 }, async () => {
    const script = compiled(fileURLToPath(new URL('read-standard-input.ts', import.meta.url)))
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (text) => {
      printed += text
      // It has begun to read now.
      if (printed === 'reads\n') {
        setTimeout(() => child.stdin.write('correct '), 150)
        setTimeout(() => child.stdin.end('horse'), 300)
      }
    })
    await new Promise((resolve) => child.once('close', resolve))
    expect(printed).toBe('reads\n13\n')
  })
})
