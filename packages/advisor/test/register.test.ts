import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Profile } from '../src/profile.js'
import { validProfile } from '../src/valid-profile.js'
import { buildAdvisor } from './support/built-advisor.js'

const run = promisify(execFile)
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

function environment(): NodeJS.ProcessEnv & { readonly POOL_ADVISOR_OUTPUT: string } {
  return { ...process.env, POOL_ADVISOR_OUTPUT: join(output, `${Math.random()}.json`), POOL_ADVISOR_MEAN_BYTES: '65536' }
}

function profileIn(file: string): Profile {
  return validProfile(JSON.parse(readFileSync(file, 'utf8')))
}

/** The profile of `node …parameters`, run in `folder`. */
async function profileOfRun(folder: string, ...parameters: string[]): Promise<Profile> {
  const env = environment()
  await run(process.execPath, parameters, { env, cwd: folder })
  return profileIn(env.POOL_ADVISOR_OUTPUT)
}

function profileOf(flag: string, register: string, program: string): Promise<Profile> {
  return profileOfRun(programs, flag, join(built, register), join(programs, program))
}

it.each([
  ['--require', 'register.cjs'],
  ['--import', 'register.mjs']
])('writes the sites of a program as it ends, by %s, in the order of their bytes', async (flag, register) => {
  const { sites, notes } = await profileOf(flag, register, 'five-places.cjs')
  const found = sites.map(({ maker, place, bytes, count }) => [`${maker} ${place}`, bytes / 1e6, count] as const)
  expect(found.slice(0, 5).map(([name]) => name)).toEqual([
    'Buffer.concat five-places.cjs:7',
    'Buffer.alloc five-places.cjs:3',
    'Buffer.allocUnsafe five-places.cjs:12',
    'Buffer.from five-places.cjs:11',
    'ArrayBuffer five-places.cjs:13'
  ])
  // Each is alone in its maker, so that exact totals leave nothing to estimate; Buffer.from shares its own with two calls more.
  for (const [at, megabytes] of [20, 15, 10, 8.75, 3.75].entries())
    expect(Math.abs(Number(found[at]?.[1]) / megabytes - 1)).toBeLessThan(0.1)
  expect(found[0]?.[2]).toBeCloseTo(100)
  expect(notes).toEqual([])
})

it('loads nothing into a program that takes much memory there', async () => {
  const loads = 'console.log(process.moduleLoadList.filter((name) => name.includes("undici")).length)'
  const { stdout } = await run(process.execPath, ['--import', join(built, 'register.mjs'), '--eval', loads], { env: environment() })
  expect(stdout).toBe('0\n')
})

it('says which share of the Buffers of a site was dead by the next major collection', async () => {
  const { sites, process } = await profileOfRun(programs, '--expose-gc', '--require', join(built, 'register.cjs'), 'kept-and-dropped.cjs')
  expect(process.collections.major).toBeGreaterThan(2)
  const site = (maker: string) => sites.find((one) => one.maker === maker)
  expect(site('Buffer.alloc')?.deadByNextMajor).toBeGreaterThan(0.3)
  expect(site('Buffer.allocUnsafeSlow')?.deadByNextMajor).toBe(0)
  expect(site('Buffer.allocUnsafeSlow')?.peakLive).toBeGreaterThan(20)
})

const typed = `export interface Made { readonly bytes: number }

function makesBuffers(made: Made): Buffer {
  return Buffer.alloc(made.bytes)
}
for (let turn = 0; turn < 100; turn++) makesBuffers({ bytes: 65_536 })
`

it('names places in TypeScript that was bundled and minified, by its source map', async () => {
  writeFileSync(join(output, 'bundled.ts'), typed)
  const outfile = join(output, 'bundle.mjs')
  await build({
    entryPoints: [join(output, 'bundled.ts')],
    outfile,
    bundle: true,
    minify: true,
    sourcemap: true,
    platform: 'node',
    format: 'esm'
  })
  const { sites } = await profileOfRun(output, '--import', join(built, 'register.mjs'), outfile)
  expect(sites[0]).toMatchObject({ maker: 'Buffer.alloc', place: 'bundled.ts:4' })
})

it('names places in TypeScript that tsx runs', async () => {
  const program = join(output, 'typed.ts')
  writeFileSync(program, typed)
  const { sites } = await profileOfRun(output, '--import', import.meta.resolve('tsx'), '--import', join(built, 'register.mjs'), program)
  expect(sites[0]).toMatchObject({ maker: 'Buffer.alloc', place: 'typed.ts:4' })
})

it.skipIf(process.platform === 'win32')('writes the profile so far at SIGUSR2, and goes on', async () => {
  const env = environment()
  const child = fork(join(programs, 'busy.mjs'), { env, execArgv: ['--import', join(built, 'register.mjs')], stdio: 'ignore' })
  try {
    await once(child, 'message')
    child.kill('SIGUSR2')
    await vi.waitFor(() => expect(profileIn(env.POOL_ADVISOR_OUTPUT).pid).toBe(child.pid), { timeout: 30_000 })
    expect(child.exitCode).toBeNull()
  } finally {
    child.kill('SIGKILL')
  }
})

it('writes the profile after POOL_ADVISOR_SECONDS, and the program goes on', async () => {
  const env = { ...environment(), POOL_ADVISOR_SECONDS: '0.5' }
  const child = fork(join(programs, 'busy.mjs'), { env, execArgv: ['--import', join(built, 'register.mjs')], stdio: 'ignore' })
  try {
    await vi.waitFor(() => expect(existsSync(env.POOL_ADVISOR_OUTPUT)).toBe(true), { timeout: 30_000 })
    expect(child.exitCode).toBeNull()
  } finally {
    child.kill('SIGKILL')
  }
})
