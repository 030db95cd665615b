import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
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

async function profileOf(flag: string, register: string, program: string): Promise<Profile> {
  const file = join(output, `${Math.random()}.json`)
  const env = { ...process.env, POOL_ADVISOR_OUTPUT: file, POOL_ADVISOR_MEAN_BYTES: '65536' }
  await run(process.execPath, [flag, join(built, register), join(programs, program)], { env, cwd: programs })
  return validProfile(JSON.parse(readFileSync(file, 'utf8')))
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
