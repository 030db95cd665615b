import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { SourceMaps } from '../src/places/source-maps.js'
import type { RunningFrame } from '../src/places/stack.js'
import type { Profile } from '../src/profile.js'
import { validProfile } from '../src/valid-profile.js'
import { buildAdvisor } from './support/built-advisor.js'
import { startRowsServer } from './support/rows-server.js'

const programs = fileURLToPath(new URL('programs', import.meta.url))
let built: string
let output: string

beforeAll(async () => {
  built = await buildAdvisor()
  output = mkdtempSync(join(tmpdir(), 'advisor-'))
})
afterAll(() => {
  for (const folder of [built, output]) rmSync(folder, { recursive: true, force: true })
})

interface Count {
  readonly maker: string
  readonly frame?: RunningFrame
  readonly bytes: number
}

/** Runs a program under load, observed and counted exactly at once, so that both see the same buffers. */
async function observed(program: string, load: (port: number) => Promise<void>, environment: NodeJS.ProcessEnv = {}) {
  const files = { POOL_ADVISOR_OUTPUT: join(output, `${program}.json`), EXACT_OUTPUT: join(output, `${program}.exact.json`) }
  const child = fork(join(programs, program), {
    // Finer than by default, so that a test of some megabytes takes as many samples as a service does in minutes.
    env: { ...process.env, ...files, POOL_ADVISOR_MEAN_BYTES: '4096', ...environment },
    execArgv: ['--require', join(programs, 'exact-count.cjs'), '--require', join(built, 'register.cjs')]
  })
  const ended = once(child, 'exit')
  try {
    const [port] = await once(child, 'message')
    await load(port as number)
    child.send('end')
    expect(await ended).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
  }
  const profile = validProfile(JSON.parse(readFileSync(files.POOL_ADVISOR_OUTPUT, 'utf8')))
  const exact = JSON.parse(readFileSync(files.EXACT_OUTPUT, 'utf8')) as Count[]
  return { profile, exact }
}

/** Bytes by maker and place. */
function byPlace(
  sites: Iterable<{ maker: string; frame?: { file: string; line: number } | undefined; bytes: number }>
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { maker, frame, bytes } of sites) {
    const key = `${maker} ${frame === undefined ? 'node' : `${frame.file}:${frame.line}`}`
    sums.set(key, (sums.get(key) ?? 0) + bytes)
  }
  return sums
}

function expectSitesRight({ profile, exact }: { profile: Profile; exact: Count[] }): void {
  const maps = new SourceMaps()
  const estimates = byPlace(profile.sites.map(({ maker, frames, bytes }) => ({ maker, frame: frames[0], bytes })))
  const counted = byPlace(
    exact.map(({ maker, frame, bytes }) => ({ maker, frame: frame && maps.written({ ...frame, function: '' }), bytes }))
  )
  const total = [...counted.values()].reduce((sum, bytes) => sum + bytes)
  const large = [...counted].filter(([, bytes]) => bytes >= total / 5).sort(([, a], [, b]) => b - a)
  for (const [place, bytes] of large) {
    expect(Math.abs(Number(estimates.get(place) ?? 0) / bytes - 1), `${place}: ${bytes} bytes`).toBeLessThan(0.15)
  }
  // In order, as far as the exact counts are so far apart that estimates within the bar are.
  for (const [at, [place, bytes]] of large.entries()) {
    for (const [later, fewer] of large.slice(at + 1)) {
      if (bytes * 0.85 > fewer * 1.15) expect(Number(estimates.get(place))).toBeGreaterThan(Number(estimates.get(later)))
    }
  }
}

const megabyte = Buffer.alloc(2 ** 20, 'x')

async function times(count: number, once: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done++) await once()
}

it('finds where express.raw() puts uploads together', async () => {
  const result = await observed('uploads.cjs', (port) =>
    times(12, async () => expect(await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: megabyte })).json()).toBe(2 ** 20))
  )
  expectSitesRight(result)
  const [first, second] = result.profile.sites
  expect([first?.maker, second?.maker].sort()).toEqual(['Buffer.concat', 'Readable.push'])
  const { sites } = result.profile
  expect(sites.find(({ maker }) => maker === 'Buffer.concat')?.library).toBe('raw-body via express')
  expect(sites.find(({ maker }) => maker === 'Readable.push')?.place).toBe('node:http IncomingMessage')
})

it('finds where multer keeps files', async () => {
  const result = await observed('multipart.mjs', (port) =>
    times(12, async () => {
      const body = new FormData()
      body.append('file', new Blob([megabyte]), 'a.bin')
      expect(await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).json()).toBe(2 ** 20)
    })
  )
  expectSitesRight(result)
  const site = result.profile.sites.find(({ maker, library }) => maker === 'Buffer.concat' && library?.startsWith('concat-stream') === true)
  const own = result.profile.sites.find(({ maker, library }) => maker === 'Buffer.concat' && library?.startsWith('multer') === true)
  expect(site ?? own).toBeDefined()
})

it('finds where ws joins the parts of messages', async () => {
  const result = await observed('echo.mjs', async (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(socket, 'open')
    await times(40, async () => {
      socket.send(megabyte.subarray(0, 300_000))
      const [answer] = await once(socket, 'message')
      expect(answer).toHaveLength(300_000)
    })
    socket.close()
    await once(socket, 'close')
  })
  expectSitesRight(result)
  expect(result.profile.sites.slice(0, 3).map(({ library }) => library)).toContain('ws')
})

it('finds the chunks of files that are served', async () => {
  const file = join(output, 'served.bin')
  writeFileSync(file, megabyte)
  const serve = (port: number) =>
    times(20, async () => expect(await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer()).toHaveProperty('byteLength', 2 ** 20))
  const result = await observed('files.cjs', serve, { SERVED_FILE: file })
  expectSitesRight(result)
  expect(result.profile.sites[0]).toMatchObject({ maker: 'Buffer.allocUnsafeSlow', place: 'node:fs ReadStream', frames: [] })
})

it('finds the chunks in which pg reads rows', async () => {
  const { server, port } = await startRowsServer(100, 5000)
  const result = await observed('rows.mjs', async () => {}, { ROWS_PORT: String(port), QUERIES: '30' })
  server.close()
  expectSitesRight(result)
  expect(result.profile.sites[0]).toMatchObject({ maker: 'Readable.push', place: 'node:net Socket', frames: [] })
})
