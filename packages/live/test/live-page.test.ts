import { setTimeout as sleep } from 'node:timers/promises'
import { BufferPool, SizeClassPool, UnpooledPool } from '@pool/core'
import { OccupancyMap } from '@pool/core/kit'
import { livePage } from '@pool/live'
import express from 'express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ask, samplesOf, served } from './support/served.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

const files = [
  '',
  'live.css',
  'live.js',
  'charts.js',
  'history.js',
  'pool-table.js',
  'slab-map.js',
  'advice-row.js',
  'notice-list.js',
  'figures.js',
  'icon.svg',
  'uplot.js',
  'uplot.css'
]

describe('livePage', () => {
  it('serves every file of the page, each with a type, unread by caches and closed to scripts from elsewhere', async () => {
    await served(livePage(), async (port) => {
      for (const file of files) {
        const { status, headers } = await ask(port, `/${file}`)
        expect({ file, status }).toEqual({ file, status: 200 })
        expect(headers).toMatchObject({
          'content-type': expect.stringMatching(/^(?:text\/(?:html|css|javascript)|image\/svg\+xml); charset=utf-8$/),
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store'
        })
        expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
      }
    })
  })

  it('is at most 60 KB in all as it is sent', async () => {
    await served(livePage(), async (port) => {
      let bytes = 0
      for (const file of files) bytes += Number((await ask(port, `/${file}`, { 'accept-encoding': 'gzip' })).headers['content-length'])
      expect(bytes).toBeLessThan(60_000)
    })
  })

  it('compresses for clients that take gzip, and for those alone', async () => {
    await served(livePage(), async (port) => {
      const plain = await fetch(`http://127.0.0.1:${port}/live.js`, { headers: { 'accept-encoding': 'identity' } })
      const { headers } = await ask(port, '/live.js', { 'accept-encoding': 'br, gzip' }, 'HEAD')
      expect(plain.headers.get('content-encoding')).toBeNull()
      expect(headers['content-encoding']).toBe('gzip')
      expect(headers.vary).toBe('accept-encoding')
    })
  })

  it('answers what it does not have 404, or hands it on where there is a next', async () => {
    await served(livePage(), async (port) => {
      for (const path of ['/none', '/../package.json', '/%2e%2e/package.json', '/index.html/', '/constructor']) {
        expect((await ask(port, path)).status, path).toBe(404)
      }
    })
    const app = express()
      .use('/pools', livePage())
      .use((_request, response) => void response.send('mine'))
    await served(app, async (port) => {
      expect((await ask(port, '/pools/none')).body).toBe('mine')
      expect((await ask(port, '/pools/none', { host: 'evil.example' })).body).toBe('mine')
    })
  })

  it('answers no other method', async () => {
    await served(livePage(), async (port) => {
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await ask(port, '/', {}, method)).status).toBe(405)
    })
  })

  it('leads to its folder, whatever prefix stands before it, so that relative URLs hold', async () => {
    await served(express().use('/deep/pools', livePage()), async (port) => {
      expect(await ask(port, '/deep/pools')).toMatchObject({ status: 308, headers: { location: './pools/' } })
      const answer = await fetch(`http://127.0.0.1:${port}/deep/pools?a=1`)
      expect([answer.status, new URL(answer.url).pathname]).toEqual([200, '/deep/pools/'])
    })
  })

  it('holds under the headers of helmet, which it replaces by narrower ones', async () => {
    const app = express()
      .use((_request, response, next) => {
        response.setHeader('Content-Security-Policy', "default-src 'self'; script-src-attr 'none'; upgrade-insecure-requests")
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
        next()
      })
      .use('/pools', livePage())
    await served(app, async (port) => {
      const { headers } = await ask(port, '/pools/')
      expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests')
    })
  })
})

describe('livePage refuses', () => {
  it.each([
    ['a foreign host, as DNS rebinding brings it', { host: 'evil.example' }, 403],
    ['a foreign host that begins like ours', { host: 'localhost.evil.example' }, 403],
    ['a page of another origin', { origin: 'http://evil.example' }, 403],
    ['a page without an origin of its own', { origin: 'null' }, 403],
    ['a script tag of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['no link from another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
    ['no page of its own', { 'sec-fetch-site': 'same-origin' }, 200]
  ])('%s', async (_what, headers: Record<string, string>, status) => {
    await served(livePage(), async (port) => {
      for (const path of ['/', '/live.js', '/live-samples']) {
        if (status === 200 && path === '/live-samples') continue
        expect((await ask(port, path, headers)).status).toBe(status)
      }
    })
  })

  it('a page of another port', async () => {
    await served(livePage(), async (port) => {
      expect((await ask(port, '/', { host: `localhost:${port}`, origin: `http://localhost:${port + 1}` })).status).toBe(403)
      expect((await ask(port, '/', { host: `LOCALHOST:${port}`, origin: `http://localhost:${port}` })).status).toBe(200)
    })
  })

  it('hosts that were not named', async () => {
    await served(livePage({ hosts: ['Pools.Internal:8080'] }), async (port) => {
      expect((await ask(port, '/', { host: 'pools.internal' })).status).toBe(200)
      expect((await ask(port, '/', { host: 'other.internal' })).status).toBe(403)
    })
  })

  it('all requests in production, unless it was allowed', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    await served(livePage(), async (port) => {
      expect(await ask(port, '/')).toMatchObject({ status: 403, body: expect.stringContaining('production: true') })
      expect((await ask(port, '/live-samples')).status).toBe(403)
    })
    await served(livePage({ production: true }), async (port) => {
      expect((await ask(port, '/')).status).toBe(200)
    })
  })

  it('peers other than loopback, unless it was allowed', () => {
    const statusFor = (page: ReturnType<typeof livePage>) => {
      let status = 0
      const request = { url: '/', method: 'GET', headers: { host: 'localhost' }, socket: { remoteAddress: '10.0.0.7' } }
      const response = { writeHead: (code: number) => (status = code), end: () => {} }
      page(request as never, response as never)
      return status
    }
    expect(statusFor(livePage())).toBe(403)
    expect(statusFor(livePage({ remote: true }))).toBe(200)
  })

  it.each([
    [{ pool: [] }, "has no 'pool'"],
    [{ pools: 7 }, 'pools must be'],
    [{ hosts: 'localhost' }, 'hosts must be'],
    [{ hosts: [''] }, 'hosts must be'],
    [{ remote: 1 }, 'remote must be'],
    [{ process: 'no' }, 'process must be'],
    [{ production: null }, 'production must be'],
    [null, 'options must be']
  ])('the options %j', (options, message) => {
    expect(() => livePage(options as never)).toThrowError(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(message) })
    )
  })
})

// Each waits for samples of a page of its own, so they wait together.
describe.concurrent('its stream', { timeout: 60_000 }, () => {
  // Alone, since it counts the events of all pools.
  it.sequential('lists what pools emitted, the same event once with its number, and too many different ones by their number', async () => {
    const pool = new BufferPool({ name: 'small', bufferSize: 64, initialSize: 0, maxSize: 1 })
    const any = new UnpooledPool({ name: 'any', maxSize: 1 })
    await served(livePage({ pools: [pool, any] }), async (port) => {
      const reading = samplesOf(port, 2)
      await sleep(300)
      const taken = [pool.acquire(), any.acquire(1)] as const
      for (let turn = 0; turn < 150; turn++) expect(() => pool.acquire()).toThrow()
      for (let bytes = 1; bytes <= 120; bytes++) expect(() => any.acquire(bytes)).toThrow()
      pool.release(taken[0])
      any.release(taken[1])
      const notices = (await reading).flatMap((sample) => sample.notices).filter(({ pool: name }) => ['small', 'any', ''].includes(name))
      expect(notices[0]).toMatchObject({
        event: 'exhausted',
        text: '64 bytes were not free; 1 buffers in use, 0 acquires waiting',
        times: 150
      })
      expect(notices.at(-1)).toMatchObject({ text: 'other events' })
      expect(notices.reduce((sum, { times }) => sum + times, 0)).toBe(270)
      expect(notices.length).toBeLessThanOrEqual(101)
    })
    pool.destroy()
    any.destroy()
  })

  it('shows the pools, their classes and the process, at once and every second', async () => {
    const pool = new SizeClassPool({ name: 'frames', sizes: [1024, 4096] })
    const twin = new BufferPool({ name: 'frames', bufferSize: 64 })
    const buffer = pool.acquire(1000)
    const page = livePage({ pools: [pool, twin] })
    await served(page, async (port) => {
      const [first, second] = await samplesOf(port, 2)
      expect(first?.pools.map(({ id, inUse, sizeClasses }) => ({ id, inUse, classes: sizeClasses.length }))).toEqual([
        { id: 'frames', inUse: 1, classes: 2 },
        { id: 'frames#2', inUse: 0, classes: 0 }
      ])
      expect(first?.process?.rss).toBeGreaterThan(1e6)
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(800)
    })
    pool.release(buffer)
    pool.destroy()
    twin.destroy()
  })

  it('says what to change about a pool, and which sizes it is asked for, to a page that opens', async () => {
    const pool = new SizeClassPool({ name: 'wide', minClassBytes: 1024 })
    const small = new BufferPool({ name: 'idle', bufferSize: 64 })
    for (let turn = 0; turn < 2000; turn++) pool.release(pool.acquire(1100))
    await served(livePage({ pools: [pool, small] }), async (port) => {
      const [first, second] = await samplesOf(port, 2)
      const [wide, idle] = first?.advice ?? []
      expect(wide).toMatchObject({ id: 'wide', recommendations: [{ kind: 'classes', remedy: expect.stringContaining('sizes: [') }] })
      expect(wide?.sizes.map(({ bytes }) => bytes)).toEqual([expect.closeTo(1100, -2)])
      expect(idle).toMatchObject({ id: 'idle', recommendations: [{ kind: 'nothing' }], sizes: [] })
      expect(second?.advice).toBeUndefined()
    })
    pool.destroy()
    small.destroy()
  })

  it('sends the map of a slab to a page that asks for it, and to no other request', async () => {
    const map = new OccupancyMap(2 ** 20, 64)
    map.mark(8, 16)
    const whole = new BufferPool({ name: 'whole', bufferSize: 64 })
    const sliced = { name: 'a & b', stats: () => ({ ...whole.stats(), name: 'a & b' }), occupancy: () => map }
    const broken = {
      name: 'broken',
      stats: () => ({ ...whole.stats(), name: 'broken' }),
      occupancy() {
        throw new Error('no map')
      }
    }
    await served(livePage({ pools: [whole, sliced, broken] }), async (port) => {
      const [sample] = await samplesOf(port, 1)
      expect(sample?.pools.map(({ hasMap }) => hasMap)).toEqual([false, true, true])
      const answer = await fetch(`http://127.0.0.1:${port}/live-map?pool=${encodeURIComponent('a & b')}`)
      const bytes = Buffer.from(await answer.arrayBuffer())
      expect(answer.headers.get('content-encoding')).toBe('gzip')
      expect(Number(answer.headers.get('content-length'))).toBeLessThan(2000)
      expect([bytes.readDoubleLE(0), bytes.readDoubleLE(8), bytes.length]).toEqual([2 ** 20, 64, 16 + 2 ** 17])
      expect([...bytes.subarray(16, 20)]).toEqual([0, 255, 255, 0])
      expect((await ask(port, '/live-map?pool=a%20%26%20b')).headers['content-encoding']).toBeUndefined()
      for (const query of ['', '?pool=whole', '?pool=broken', '?pool=none', '?pool=%']) {
        expect((await ask(port, `/live-map${query}`)).status, query).toBe(404)
      }
      expect((await ask(port, '/live-map?pool=a', { host: 'evil.example' })).status).toBe(403)
    })
    whole.destroy()
  })

  it('leaves a pool out whose stats throw', async () => {
    const broken = {
      name: 'broken',
      stats() {
        throw new Error('no figures')
      }
    }
    await served(livePage({ pools: [broken] }), async (port) => {
      expect((await samplesOf(port, 1))[0]?.pools).toEqual([])
    })
  })

  it('reads nothing while no page looks', async () => {
    let reads = 0
    const pool = new BufferPool({ name: 'watched', bufferSize: 64 })
    const counting = {
      name: 'watched',
      stats() {
        reads++
        return pool.stats()
      }
    }
    const page = livePage({ pools: [counting] })
    await served(page, async (port) => {
      await ask(port, '/')
      expect([reads, page.viewers]).toEqual([0, 0])
      await samplesOf(port, 2)
      await vi.waitFor(() => expect(page.viewers).toBe(0), 10_000)
      const read = reads
      expect(read).toBeGreaterThanOrEqual(2)
      await sleep(1200)
      expect(reads).toBe(read)
    })
    pool.destroy()
  })

  it('shows pools without this process where an option says so', async () => {
    await served(livePage({ pools: [], process: false }), async (port) => {
      expect((await samplesOf(port, 1))[0]?.process).toBeUndefined()
    })
  })

  it('serves sixteen pages, and asks the next to wait; close() ends them', async () => {
    const page = livePage({ pools: [] })
    await served(page, async (port) => {
      const opened = await Promise.all(Array.from({ length: 16 }, () => fetch(`http://127.0.0.1:${port}/live-samples`)))
      expect(page.viewers).toBe(16)
      expect((await ask(port, '/live-samples')).status).toBe(503)
      page.close()
      for (const one of opened) expect(await one.text()).toMatch(/^data: /)
      await vi.waitFor(() => expect(page.viewers).toBe(0), 10_000)
    })
  })
})
