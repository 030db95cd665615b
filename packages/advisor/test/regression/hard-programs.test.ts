import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Profile } from '../../src/profile.js'
import { validProfile } from '../../src/valid-profile.js'
import { buildAdvisor } from '../support/built-advisor.js'

let built: string
let folder: string

beforeAll(async () => {
  built = await buildAdvisor()
  folder = mkdtempSync(join(tmpdir(), 'advisor-hard-'))
})
afterAll(() => {
  for (const one of [built, folder]) rmSync(one, { recursive: true, force: true })
})

/** Runs a program, observed, in a folder of its own, and gives how it ended and every profile that was written. */
async function observed(
  source: string,
  more: { readonly files?: Record<string, string>; readonly output?: string; readonly flags?: readonly string[] } = {}
) {
  const own = mkdtempSync(join(folder, 'program-'))
  for (const [name, text] of Object.entries({ 'program.cjs': source, ...more.files })) writeFileSync(join(own, name), text)
  const flags = more.flags ?? ['--require', join(built, 'register.cjs')]
  const env = { ...process.env, POOL_ADVISOR_OUTPUT: more.output ?? join(own, 'profile.json'), POOL_ADVISOR_MEAN_BYTES: '4096' }
  const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [...flags, 'program.cjs'], { cwd: own, env }, (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stderr })
    })
  })
  const profiles = readdirSync(own).filter((name) => /^profile.*\.json$/.test(name))
  return { ...ended, profiles: profiles.map((name): Profile => validProfile(JSON.parse(readFileSync(join(own, name), 'utf8')))) }
}

const makes = 'for (let turn = 0; turn < 50; turn++) Buffer.alloc(20_000)\n'

describe('a program that is observed', () => {
  it('exits at once with its code, and its profile is written', async () => {
    const { code, stderr, profiles } = await observed('process.exit(3)')
    expect({ code, stderr, profiles: profiles.length }).toEqual({ code: 3, stderr: '', profiles: 1 })
  })

  it('dies of its error as it would alone, and its profile is written', async () => {
    const { code, stderr, profiles } = await observed(`${makes}throw new Error('its own')`)
    expect(code).toBe(1)
    expect(stderr).toContain('Error: its own')
    expect(profiles[0]?.sites[0]?.place).toBe('program.cjs:1')
  })

  it('is not observed twice by two copies of the package', async () => {
    const flags = ['--require', join(built, 'register.cjs'), '--import', join(built, 'register.mjs')]
    const { code, stderr, profiles } = await observed(makes, { flags })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(profiles).toHaveLength(1)
    expect(Number(profiles[0]?.sites[0]?.bytes)).toBeCloseTo(1_000_000, -2)
  })

  it('ends as it would alone where the profile can not be written', async () => {
    const { code, stderr } = await observed('process.exitCode = 5', { output: join(folder, 'absent', 'profile.json') })
    expect(code).toBe(5)
    expect(stderr).toMatch(/^@pool\/advisor can't write its profile: ENOENT.* Set POOL_ADVISOR_OUTPUT/)
  })

  it('has a profile of its own in each process of a cluster', async () => {
    const source = `const cluster = require('node:cluster')
      if (cluster.isPrimary) for (let one = 0; one < 2; one++) cluster.fork()
      else { ${makes} cluster.worker.disconnect() }`
    const { code, profiles } = await observed(source)
    expect(code).toBe(0)
    expect(profiles).toHaveLength(3)
    expect(profiles.filter(({ notes }) => notes.some((note) => note.includes('worker of a cluster')))).toHaveLength(2)
  })

  it('says that the Buffers of its worker threads are in no site', async () => {
    const source = `const { Worker, isMainThread } = require('node:worker_threads')
      if (isMainThread) new Worker(__filename)
      else { ${makes} }`
    const { code, profiles } = await observed(source)
    expect(code).toBe(0)
    expect(profiles).toHaveLength(1)
    expect(profiles[0]?.notes).toContain('1 worker threads were started; Buffers that they make are in no site.')
  })

  it.each([
    ['sources without a name', { version: 3, sources: [null], names: [], mappings: 'AAAA' }],
    ['no sources', { version: 3, sources: [], names: [], mappings: 'AAAA' }],
    ['no mappings', { version: 3, sources: ['a.ts'] }],
    ['characters that are none of a map', { version: 3, sources: [4], names: [], mappings: '!é' }],
    ['a list in its place', []]
  ])('keeps its own places where a source map has %s', async (_, map) => {
    const files = { 'program.cjs.map': JSON.stringify(map) }
    const { code, stderr, profiles } = await observed(`${makes}//# sourceMappingURL=program.cjs.map\n`, { files })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(profiles[0]?.sites[0]?.place).toMatch(/program\.cjs:1$/)
  })

  it('has no more sites than are told apart, however many places make Buffers', async () => {
    const source = `for (let place = 0; place < 3000; place++) new Function('Buffer.alloc(40_000)//# sourceURL=/made/' + place + '.js')()`
    const { code, profiles } = await observed(source)
    expect(code).toBe(0)
    const [profile] = profiles
    expect(profile?.sites.length).toBeLessThanOrEqual(2048 + 7)
    expect(Number(profile?.sites.reduce((sum, { bytes }) => sum + bytes, 0))).toBeGreaterThan(100_000_000)
    expect(profile?.notes).toContainEqual(expect.stringContaining('More places made Buffers than are told apart'))
  })
})
