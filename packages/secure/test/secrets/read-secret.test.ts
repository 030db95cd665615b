import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { readSecret, readSecretSync, type SecretLease, SecureBufferPool } from '../../src/index.js'

const pool = new SecureBufferPool({ backing: 'heap' })

afterEach(() => expect(pool.stats().inUse).toBe(0))

/** The bytes of a lease as text; releases it. */
function textOf(lease: SecretLease): string {
  const text = lease.buffer.toString()
  lease.release()
  return text
}

const code = (code: string) => expect.objectContaining({ code })

describe('readSecret', () => {
  it('collects a stream into a lease of exactly its length, and wipes each chunk', async () => {
    const chunks = ['cor', 'rect ', 'horse'].map((text) => Buffer.from(text))
    expect(textOf(await readSecret(pool, Readable.from(chunks)))).toBe('correct horse')
    for (const chunk of chunks) expect(chunk.every((byte) => byte === 0)).toBe(true)
  })

  it('leaves the chunks alone where somebody else reads them', async () => {
    const chunk = Buffer.from('shared')
    expect(textOf(await readSecret(pool, Readable.from([chunk]), { wipeChunks: false }))).toBe('shared')
    expect(chunk.toString()).toBe('shared')
  })

  it('fills maxBytes to the last, and refuses one more with ERR_POOL_TOO_LARGE, wiping that chunk too and ending the stream', async () => {
    expect(textOf(await readSecret(pool, Readable.from([Buffer.from('12345')]), { maxBytes: 5 }))).toBe('12345')
    const last = Buffer.from('6')
    const stream = Readable.from([Buffer.from('12345'), last])
    await expect(readSecret(pool, stream, { maxBytes: 5 })).rejects.toEqual(code('ERR_POOL_TOO_LARGE'))
    expect(last[0]).toBe(0)
    expect(stream.destroyed).toBe(true)
  })

  it('leaves out one line end where asked', async () => {
    const read = (text: string) => readSecret(pool, Readable.from([Buffer.from(text)]), { stripNewline: true })
    expect(textOf(await read('secret\n'))).toBe('secret')
    expect(textOf(await read('secret\r\n'))).toBe('secret')
    expect(textOf(await read('secret\n\n'))).toBe('secret\n')
    await expect(read('\n')).rejects.toEqual(code('ERR_POOL_SECURE_EMPTY'))
  })

  it('refuses an empty stream with ERR_POOL_SECURE_EMPTY, and strings with ERR_POOL_INVALID_OPTION', async () => {
    await expect(readSecret(pool, Readable.from([]))).rejects.toEqual(code('ERR_POOL_SECURE_EMPTY'))
    const strings = Readable.from([Buffer.from('secret')]).setEncoding('utf8')
    await expect(readSecret(pool, strings)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.not.stringContaining('secret') })
    )
    await expect(readSecret(pool, 'secret' as unknown as Readable)).rejects.toEqual(code('ERR_POOL_INVALID_OPTION'))
  })

  it('releases what it has when the stream fails', async () => {
    const failing = new Readable({
      read() {
        this.push(Buffer.from('half'))
        this.destroy(new Error('reset by peer'))
      }
    })
    await expect(readSecret(pool, failing)).rejects.toThrow('reset by peer')
  })

  it('reads the body of a request over a real socket', async () => {
    const server = createServer(async (incoming, response) => {
      response.end(`${textOf(await readSecret(pool, incoming)).length}`)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const answer = await new Promise<string>((resolve) => {
      const { port } = server.address() as AddressInfo
      const outgoing = request({ port, method: 'POST' }, (response) => response.on('data', (chunk) => resolve(String(chunk))))
      outgoing.write('first ')
      setTimeout(() => outgoing.end('second'), 20)
    })
    server.close()
    expect(answer).toBe('12')
  })
})

describe('readSecretSync', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secure-'))
  const read = (content: string, options?: { maxBytes?: number; stripNewline?: boolean }) => {
    writeFileSync(join(folder, 'secret'), content)
    const descriptor = openSync(join(folder, 'secret'), 'r')
    try {
      return readSecretSync(pool, descriptor, options)
    } finally {
      closeSync(descriptor)
    }
  }

  it('reads a file to its end into a lease of exactly its length', () => {
    expect(textOf(read('file secret'))).toBe('file secret')
    expect(textOf(read('file secret\n', { stripNewline: true }))).toBe('file secret')
    expect(textOf(read('x'.repeat(4096)))).toHaveLength(4096)
  })

  it('refuses longer files with ERR_POOL_TOO_LARGE, empty ones with ERR_POOL_SECURE_EMPTY, and what is no descriptor', () => {
    expect(() => read('123456', { maxBytes: 5 })).toThrow(code('ERR_POOL_TOO_LARGE'))
    expect(() => read('')).toThrow(code('ERR_POOL_SECURE_EMPTY'))
    expect(() => readSecretSync(pool, 'secret' as unknown as number)).toThrow(code('ERR_POOL_INVALID_OPTION'))
    expect(() => readSecretSync(pool, 2 ** 30)).toThrow(code('EBADF'))
    rmSync(folder, { recursive: true })
  })
})
