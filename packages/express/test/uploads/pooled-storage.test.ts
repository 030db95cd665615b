import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { SizeClassPool } from '@pool/core'
import type { Request, RequestHandler } from 'express'
import multer2 from 'multer'
import { describe, expect, it } from 'vitest'
import { holdFile, type Middleware, type PooledStorage, type PooledStorageOptions, pooledStorage } from '../../src/index.js'
import { open, send, until } from '../support/client.js'
import { type Handler, type Host, type SeenRequest, serve } from '../support/hosts.js'
import { form, formType, type Part } from '../support/multipart.js'
import { sequence } from '../support/sequence.js'
import { expectNothingUncaught } from '../support/uncaught.js'

// @ts-expect-error It has no types of its own, and those of multer 2 hold for it.
const { default: multer1 } = (await import('multer1')) as { default: typeof multer2 }

const KiB = 1024
const MiB = 1024 * KiB
type File = NonNullable<Request['file']>

/** 500 uploads for each version in `test:deep`, a quarter of them in ordinary tests. */
const uploads = process.env.POOL_DEEP === '1' ? 500 : 125

const bytesOf = (length: number, seed = 1) => {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at++) bytes[at] = at * 31 + seed * 97 + (at >> 8)
  return bytes
}
const filesOf = (request: SeenRequest): File[] => {
  const { file, files } = request as Request
  return file !== undefined ? [file] : Object.values(files ?? {}).flat()
}
const file = (name: string, bytes: Uint8Array | string): Part => ({ name, filename: `${name}.bin`, bytes })
const upload = (...parts: Part[]) => ({ headers: { 'content-type': formType }, chunks: [form(...parts)] })
const head = (length: number) => `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${formType}\r\ncontent-length: ${length}\r\n\r\n`

expectNothingUncaught()

const versions = [
  ['multer 2 on Express 5', multer2, 'Express 5'],
  ['multer 2 on Express 4', multer2, 'Express 4'],
  ['multer 1.4 on Express 5', multer1, 'Express 5'],
  ['multer 1.4 on Express 4', multer1, 'Express 4']
] as const

describe.each(versions)('pooledStorage with %s', (_what, multer, kind) => {
  interface Served extends Host {
    readonly pool: SizeClassPool
    readonly storage: PooledStorage
    readonly errors: Record<string, unknown>[]
  }

  async function withServer(
    options: Partial<PooledStorageOptions> & { readonly pool?: SizeClassPool },
    handle: Handler,
    run: (served: Served) => Promise<void>,
    more: multer2.Options = {},
    use: (multer: multer2.Multer) => RequestHandler = (one) => one.any()
  ) {
    const pool = options.pool ?? new SizeClassPool({ maxLiveBytes: 64 * MiB, clear: 'never', memoryPressure: false })
    const storage = pooledStorage({ ...options, pool })
    const errors: Record<string, unknown>[] = []
    const middleware = use(multer({ storage, ...more })) as unknown as Middleware
    const host = await serve(kind, [middleware], handle, (error, _request, response) => {
      errors.push(error as Record<string, unknown>)
      response.statusCode = (error as { status?: number }).status ?? 500
      response.end(String((error as { code?: string }).code))
    })
    try {
      await run({ ...host, pool, storage, errors })
      // An upload that was broken off before its first file holds no memory, and ends when its server sees the connection go.
      await until(() => pool.stats().inUse === 0 && storage.stats().uploads === 0, 'everything is released')
      expect(pool.stats()).toMatchObject({ outstanding: 0, waiting: 0 })
      expect(storage.stats()).toMatchObject({ uploads: 0, files: 0, bytes: 0, waiting: 0 })
    } finally {
      await host.close()
    }
  }

  const echo: Handler = (request, response) => {
    const all = filesOf(request).map(({ fieldname, originalname, size, buffer }) => ({
      fieldname,
      originalname,
      size,
      base64: buffer.toString('base64')
    }))
    response.end(JSON.stringify({ all, body: request.body }))
  }

  it.each([
    ['of known length', false],
    ['of unknown length', true]
  ])('stores files of all lengths in an upload %s, and leaves fields as they are', async (_how, chunked) => {
    const lengths = [0, 1, 7, 8, 5000, 0, 70_000, 300_000, 3, 200_000]
    const parts = lengths.flatMap((length, at) => [{ name: `field${at}`, bytes: `value ${at}` }, file(`file${at}`, bytesOf(length, at))])
    for (const collectBytes of [0, 8 * MiB]) {
      await withServer({ collectBytes }, echo, async ({ port, storage }) => {
        const { status, text } = await send(port, { ...upload(...parts), chunked })
        expect(status).toBe(200)
        const { all, body } = JSON.parse(text)
        expect(all).toEqual(
          lengths.map((size, at) => ({
            fieldname: `file${at}`,
            originalname: `file${at}.bin`,
            size,
            base64: bytesOf(size, at).toString('base64')
          }))
        )
        expect(body).toEqual(Object.fromEntries(lengths.map((_, at) => [`field${at}`, `value ${at}`])))
        expect(storage.stats()).toMatchObject({ stored: lengths.length, refused: 0 })
      })
    }
  })

  it('takes one lease for all files of a request of known length, and begins each at a multiple of 8', async () => {
    const handle: Handler = (request, response) =>
      response.end(JSON.stringify(filesOf(request).map(({ buffer }) => new Float64Array(buffer.buffer, buffer.byteOffset, 1).length)))
    await withServer({}, handle, async ({ port, pool }) => {
      const { text } = await send(port, upload(file('a', bytesOf(1001)), file('b', bytesOf(70_003)), file('c', bytesOf(9))))
      expect(text).toBe('[1,1,1]')
      expect(pool.stats().acquisitions).toBe(1)
    })
  })

  it.each([
    ['single', (one: multer2.Multer) => one.single('a')],
    ['array', (one: multer2.Multer) => one.array('a')],
    ['fields', (one: multer2.Multer) => one.fields([{ name: 'a' }])]
  ])('takes the buffers away from the files once the response is over, as %s() left them', async (_how, use) => {
    let kept: File | undefined
    let bytes: Buffer | undefined
    const handle: Handler = (request, response) => {
      kept = filesOf(request)[0]
      bytes = kept?.buffer
      response.end(bytes?.toString())
    }
    await withServer(
      {},
      handle,
      async ({ port, pool }) => {
        expect((await send(port, upload(file('a', 'hello')))).text).toBe('hello')
        await until(() => pool.stats().inUse === 0, 'the file is released')
        expect(kept).toMatchObject({ fieldname: 'a', size: 5, buffer: undefined })
        expect(() => holdFile(kept!)).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
        expect(() => holdFile({ buffer: bytes! })).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
      },
      {},
      use
    )
  })

  it('throws in debug mode where a file is read after its response', async () => {
    let kept: File | undefined
    const handle: Handler = (request, response) => {
      kept = filesOf(request)[0]
      response.end()
    }
    await withServer({ debug: true }, handle, async ({ port, pool }) => {
      await send(port, upload(file('a', 'hello')))
      await until(() => pool.stats().inUse === 0, 'the file is released')
      expect(() => kept?.buffer).toThrow(
        expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED', message: expect.stringContaining('holdFile()') })
      )
      expect(() => holdFile(kept!)).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
      kept!.buffer = Buffer.from('mine')
      expect(kept!.buffer.toString()).toBe('mine')
    })
  })

  it('keeps a file beyond the response while it is held', async () => {
    const leases: ReturnType<typeof holdFile>[] = []
    const handle: Handler = (request, response) => {
      const all = filesOf(request)
      leases.push(holdFile(all[1]!), holdFile(all[2]!))
      response.end()
    }
    await withServer({}, handle, async ({ port, pool, storage }) => {
      await send(port, upload(file('a', 'first'), file('b', 'second'), file('c', '')))
      await until(() => storage.stats().uploads === 0, 'the response is over')
      expect(pool.stats().inUse).toBe(1)
      expect(leases.map(({ buffer }) => String(buffer))).toEqual(['second', ''])
      for (const lease of leases) lease.release()
    })
  })

  it('gives the memory back when multer refuses a file as too long, before its client has sent the rest', async () => {
    await withServer(
      { collectBytes: 0 },
      echo,
      async ({ port, pool, errors }) => {
        const body = form(file('a', bytesOf(500)), file('b', bytesOf(200_000)))
        const socket = await open(port)
        socket.write(head(body.length))
        socket.write(body.subarray(0, 120_000))
        await until(() => pool.stats().acquisitions === 1 && pool.stats().inUse === 0, 'the memory went back')
        socket.write(body.subarray(120_000))
        await until(() => errors.length === 1, 'the error was told')
        expect(errors[0]).toMatchObject({ code: 'LIMIT_FILE_SIZE', field: 'b' })
        socket.destroy()
      },
      { limits: { fileSize: 1000 } }
    )
  })

  it.each([
    ['too many files', { limits: { files: 1 } }, 'LIMIT_FILE_COUNT'],
    ['too many parts', { limits: { parts: 1 } }, 'LIMIT_PART_COUNT'],
    [
      'what a fileFilter throws',
      {
        fileFilter: (_request: unknown, one: { fieldname: string }, done: (error: Error | null, keep?: boolean) => void) =>
          one.fieldname === 'b' ? done(Object.assign(new Error('no'), { code: 'NO' })) : done(null, true)
      },
      'NO'
    ]
  ])('gives the memory back after %s', async (_reason, options, code) => {
    await withServer(
      {},
      echo,
      async ({ port, errors }) => {
        await send(port, upload(file('a', bytesOf(90_000)), file('b', bytesOf(90_000)), file('c', bytesOf(90_000))))
        expect(errors).toMatchObject([{ code }])
      },
      options as multer2.Options
    )
  })

  it('never sees a file that a fileFilter leaves out', async () => {
    await withServer(
      {},
      echo,
      async ({ port, storage }) => {
        const { text } = await send(port, upload(file('a', bytesOf(90_000)), file('b', 'b'), file('c', bytesOf(90_000))))
        expect(JSON.parse(text).all).toMatchObject([{ fieldname: 'b', size: 1 }])
        expect(storage.stats().stored).toBe(1)
      },
      { fileFilter: (_request, one, done) => done(null, one.fieldname === 'b') }
    )
  })

  it.each([false, true])('refuses files of more than requestBytes together with 413; chunked: %s', async (chunked) => {
    await withServer({ limits: { requestBytes: 100_000 } }, echo, async ({ port, errors }) => {
      const fits = await send(port, { ...upload(file('a', bytesOf(60_000)), file('b', bytesOf(40_000))), chunked })
      expect(fits.status).toBe(200)
      const { status } = await send(port, { ...upload(file('a', bytesOf(60_000)), file('b', bytesOf(40_001))), chunked })
      expect(status).toBe(413)
      expect(errors).toMatchObject([{ status: 413, type: 'entity.too.large', limit: 100_000, received: expect.any(Number) }])
      expect(errors[0]!.received).toBeGreaterThan(100_000)
    })
  })

  it('waits its turn when nothing is free, and reads nothing meanwhile', async () => {
    const pool = new SizeClassPool({ maxLiveBytes: MiB, memoryPressure: false })
    const taken = pool.lease(MiB)
    await withServer({ pool, waitMs: 60_000, collectBytes: 0 }, echo, async ({ port, storage }) => {
      const answer = send(port, upload(file('a', bytesOf(700_000))))
      await until(() => storage.stats().waiting === 1, 'it waits')
      expect(storage.stats()).toMatchObject({ uploads: 1, files: 0 })
      taken.release()
      const { status, text } = await answer
      expect(status).toBe(200)
      expect(JSON.parse(text).all[0].base64).toBe(bytesOf(700_000).toString('base64'))
    })
  })

  it.each([
    [0, 'ERR_POOL_EXHAUSTED'],
    [20, 'ERR_POOL_ACQUIRE_TIMEOUT']
  ])('answers 503 with retry-after when nothing comes free within %s ms', async (waitMs, code) => {
    const pool = new SizeClassPool({ maxLiveBytes: MiB, memoryPressure: false })
    const taken = pool.lease(MiB)
    await withServer({ pool, waitMs, retryAfterSeconds: 7 }, echo, async ({ port, storage, errors }) => {
      for (const collected of [100, 300_000]) {
        const { status, headers } = await send(port, upload(file('a', bytesOf(collected)), file('b', 'b')))
        expect(status).toBe(503)
        expect(headers['retry-after']).toBe('7')
      }
      expect(errors).toMatchObject([
        { status: 503, type: 'pool.exhausted', code },
        { status: 503, type: 'pool.exhausted', code }
      ])
      expect(storage.stats().refused).toBeGreaterThanOrEqual(2)
      taken.release()
      expect((await send(port, upload(file('a', 'a')))).status).toBe(200)
    })
  })

  it.each([0, 8 * MiB])('releases when the client goes away in the middle of a file, with %s bytes collected', async (collectBytes) => {
    await withServer({ collectBytes }, echo, async ({ port, storage }) => {
      const body = form(file('a', bytesOf(1000)), file('b', bytesOf(300_000)))
      const socket = await open(port)
      socket.write(head(body.length))
      socket.write(body.subarray(0, 200_000))
      await until(() => storage.stats().stored === 1, 'the first file is stored')
      socket.destroy()
      await until(() => storage.stats().uploads === 0, 'the upload is over')
    })
  })

  it('releases when the client goes away while it waits for memory', async () => {
    const pool = new SizeClassPool({ maxLiveBytes: MiB, memoryPressure: false })
    const taken = pool.lease(MiB)
    await withServer({ pool, waitMs: 60_000, collectBytes: 0 }, echo, async ({ port, storage }) => {
      const body = form(file('a', bytesOf(300_000)))
      const socket = await open(port)
      socket.write(head(body.length))
      socket.write(body.subarray(0, 50_000))
      await until(() => storage.stats().waiting === 1, 'it waits')
      socket.destroy()
      await until(() => storage.stats().waiting === 0, 'the wait is called off')
      taken.release()
    })
  })

  it('releases when the client goes away while the handler works, and when a form breaks off', async () => {
    const silent: Handler = () => {}
    await withServer({}, silent, async ({ port, storage, errors }) => {
      const body = form(file('a', bytesOf(300_000)))
      const socket = await open(port)
      socket.write(Buffer.concat([Buffer.from(head(body.length)), body]))
      await until(() => storage.stats().files === 1, 'the handler has it')
      socket.destroy()
      await until(() => storage.stats().uploads === 0, 'the upload is over')
      const headers = { 'content-type': formType }
      if (multer === multer2) {
        await send(port, { headers, chunks: [body.subarray(0, 200_000)] })
        expect(errors).toHaveLength(1)
      }
    })
  })

  it('gives each upload its own bytes, of which a third abort at any point', { timeout: 120_000 }, async () => {
    const pool = new SizeClassPool({ maxLiveBytes: 16 * MiB, clear: 'never', memoryPressure: false })
    let foreign = 0
    const handle: Handler = async (request, response) => {
      const own = () =>
        filesOf(request).every(
          ({ buffer, fieldname }) => buffer === undefined || buffer.equals(Buffer.alloc(buffer.length, Number(fieldname)))
        )
      if (!own()) foreign++
      const mark = Number(request.headers['x-mark'])
      if (mark % 3 === 0) await sleep(mark % 5)
      if (!own()) foreign++
      response.end('whole')
    }
    await withServer({ pool, waitMs: 60_000, collectBytes: MiB }, handle, async ({ port }) => {
      const random = sequence(11)
      let answered = 0
      let aborted = 0
      const one = async (index: number) => {
        const parts = Array.from({ length: 1 + random(4) }, () => {
          const mark = random(250)
          return file(String(mark), Buffer.alloc(random(random(6) === 0 ? 300_000 : 9000), mark))
        })
        const body = form(...parts)
        const isChunked = random(3) === 0
        const framing = isChunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`
        const start = Buffer.from(
          `POST / HTTP/1.1\r\nhost: x\r\nx-mark: ${index}\r\ncontent-type: ${formType}\r\n${framing}\r\nconnection: close\r\n\r\n`
        )
        const framed = isChunked ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')] : [body]
        const whole = Buffer.concat([start, ...framed])
        const socket = await open(port)
        if (random(3) > 0) {
          let text = ''
          socket.on('data', (part) => {
            text += part
          })
          const cut = random(whole.length)
          socket.write(whole.subarray(0, cut))
          if (random(2) === 0) await sleep(1)
          socket.write(whole.subarray(cut))
          await new Promise((resolve) => socket.on('close', resolve))
          expect(text).toContain('whole')
          answered++
          return
        }
        aborted++
        socket.write(random(4) === 0 ? whole : whole.subarray(0, random(whole.length)))
        await sleep(random(4))
        socket.destroy()
      }
      let next = 0
      const worker = async () => {
        while (next < uploads) await one(next++)
      }
      await Promise.all(Array.from({ length: 32 }, worker))
      expect(answered + aborted).toBe(uploads)
      expect(aborted).toBeGreaterThan(uploads / 5)
    })
    expect(foreign).toBe(0)
    expect(pool.stats()).toMatchObject({ leaked: 0, refusedReleases: 0 })
  })

  it('answers each of 200 uploads of 1 MiB at once into 64 MiB with 200 or 503, within the bound', { timeout: 120_000 }, async () => {
    const whole = bytesOf(MiB)
    const body = form(file('a', whole))
    let mostBytes = 0
    const handle: Handler = (request, response) => response.end(String(filesOf(request)[0]!.buffer.equals(whole)))
    await withServer({ waitMs: 30_000, limits: { requestBytes: MiB } }, handle, async ({ port, pool, errors, storage }) => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, async () => {
          const answer = await send(port, {
            headers: { 'content-type': formType },
            chunks: [body.subarray(0, 400_000), body.subarray(400_000)]
          })
          mostBytes = Math.max(mostBytes, pool.stats().inUseBytes)
          return answer
        })
      )
      const served = answers.filter(({ status, text }) => status === 200 && text === 'true').length
      const refused = answers.filter(({ status }) => status === 503).length
      expect(served + refused).toBe(200)
      expect(errors).toHaveLength(refused)
      expect(served).toBeGreaterThan(63)
      expect(mostBytes).toBeLessThanOrEqual(64 * MiB)
      expect(storage.stats().stored).toBe(served)
    })
  })
})

describe('pooledStorage', () => {
  const pool = new SizeClassPool({ maxClassBytes: MiB })
  const invalid = expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })

  it.each([
    [undefined],
    [pool],
    [{}],
    [{ pool: {} }],
    [{ pool, limit: 1 }],
    [{ pool, limits: 5 }],
    [{ pool, limits: { fileSize: 1 } }],
    [{ pool, limits: { requestBytes: 0 } }],
    [{ pool, limits: { requestBytes: pool.maxBytes + 1 } }],
    [{ pool, collectBytes: -1 }],
    [{ pool, debug: 'yes' }],
    [{ pool, waitMs: -1 }],
    [{ pool, retryAfterSeconds: 0.5 }]
  ])('refuses %j as options', (options) => {
    expect(() => pooledStorage(options as never)).toThrow(invalid)
  })

  it.each([[undefined], [null], [5], [{}], [{ buffer: Buffer.alloc(5) }]])('holds no file out of %j', (given) => {
    expect(() => holdFile(given as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_NO_FILE' }))
  })

  it('refuses files of a request without a response, since nothing would tell when they may go back', async () => {
    const error = await new Promise((resolve) => {
      const stream = Readable.from([Buffer.from('abc')])
      pooledStorage({ pool })._handleFile({ headers: {} } as never, { stream }, resolve)
    })
    expect(error).toMatchObject({ code: 'ERR_POOL_NO_RESPONSE' })
    expect(pool.stats().acquisitions).toBe(0)
  })

  it('refuses files whose response is over', async () => {
    const response = Object.assign(new EventEmitter(), { closed: true })
    const error = await new Promise((resolve) => {
      const stream = Readable.from([Buffer.from('abc')])
      pooledStorage({ pool })._handleFile({ headers: {}, res: response } as never, { stream }, resolve)
    })
    expect(error).toMatchObject({ status: 400, type: 'request.aborted' })
    expect(pool.stats().acquisitions).toBe(0)
  })
})
