import { tmpdir } from 'node:os'
import { expect, it, vi } from 'vitest'
import { runProgram } from '../src/run-program.js'

// Only the program itself was ended, and what it had started kept its output open.
it('ends a program at its time, and all that it started', async () => {
  const began = performance.now()
  const { ok, output } = await runProgram('sh', ['-c', 'echo begun; sleep 300 & wait'], { folder: tmpdir(), timeoutMs: 1000 })
  expect({ ok, output }).toEqual({ ok: false, output: 'begun\n' })
  expect(performance.now() - began).toBeLessThan(60_000)
}, 120_000)

it('says whether the program ended well, and keeps the registry of this machine from a proxy', async () => {
  const print = 'process.stdout.write(process.env.no_proxy); process.stderr.write("beside")'
  const { ok, output, log } = await runProgram(process.execPath, ['-e', print], { folder: tmpdir() })
  expect(ok).toBe(true)
  expect(output).toContain('127.0.0.1')
  expect(log).toContain('beside')
  expect((await runProgram('a-program-that-is-not-there', [], { folder: tmpdir() })).ok).toBe(false)
}, 120_000)

it('hands on the settings of the network, and none that npm and pnpm make for their scripts', async () => {
  const given = { npm_config_cafile: '/ca.pem', npm_config_https_proxy: 'http://proxy:1', 'npm_config_//host/:_authToken': 'none' }
  const made = {
    npm_config_user_agent: 'pnpm/10',
    npm_config_noproxy: '',
    npm_lifecycle_event: 'test',
    pnpm_config_verify_deps_before_run: 'false'
  }
  for (const [name, value] of Object.entries({ ...given, ...made })) vi.stubEnv(name, value)
  const names = JSON.stringify(Object.keys({ ...given, ...made }))
  const print = `process.stdout.write(JSON.stringify(${names}.filter((name) => name in process.env)))`
  const { output } = await runProgram(process.execPath, ['-e', print], { folder: tmpdir() })
  expect(JSON.parse(output)).toEqual(Object.keys(given))
}, 120_000)
