import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { listeningPorts } from '../../src/attaching/listening-ports.js'
import { buildAdvisor } from '../support/built-advisor.js'

const program = fileURLToPath(new URL('../programs/busy.mjs', import.meta.url))
let built: string
let attach: typeof import('../../src/attaching/attach.js')['attach']
let child: ChildProcess | undefined

beforeAll(async () => {
  built = await buildAdvisor()
  attach = (await import(pathToFileURL(join(built, 'index.mjs')).href)).attach
})
afterAll(() => rmSync(built, { recursive: true, force: true }))
afterEach(() => child?.kill('SIGKILL'))

/** Starts the program with an inspector at a free port, and gives its address. */
async function started(): Promise<{ program: ChildProcess; url: string }> {
  child = fork(program, { execArgv: ['--inspect=127.0.0.1:0'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let text = ''
  const begun = once(child, 'message')
  for await (const chunk of child.stderr ?? []) {
    text += chunk
    const url = /ws:\/\/\S+/.exec(text)?.[0]
    if (url === undefined) continue
    await begun
    return { program: child, url }
  }
  throw new Error(`the program opened no inspector: ${text}`)
}

it('observes a running ES module by its inspector, and leaves it as it was', async () => {
  const { program: running, url } = await started()
  const profile = await attach({ url, seconds: 0.5 })
  expect(profile.pid).toBe(running.pid)
  expect(profile.sites[0]).toMatchObject({ maker: 'Buffer.alloc', frames: [{ function: 'makesBuffers', line: 6 }] })
  const answer = once(running, 'message')
  running.send('restored?')
  expect((await answer)[0]).toEqual({ restored: true })
  expect((await attach({ url, seconds: 0.1 })).pid).toBe(running.pid)
})

it('finds the session by the http address of an inspector too', async () => {
  const { program: running, url } = await started()
  expect((await attach({ url: `http://${new URL(url).host}`, seconds: 0.1 })).pid).toBe(running.pid)
})

it.skipIf(process.platform !== 'linux')(
  'observes a program by its process id, opens its inspector at whatever port, and closes it again',
  async () => {
    // A port of its own choice: the default one may be taken by whatever else is debugged on the machine.
    const running = fork(program, { execArgv: ['--inspect-port=127.0.0.1:0'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    child = running
    await once(running, 'message')
    const profile = await attach({ pid: Number(running.pid), seconds: 0.5 })
    expect(profile.pid).toBe(running.pid)
    expect(profile.sites[0]).toMatchObject({ maker: 'Buffer.alloc', frames: [{ function: 'makesBuffers', line: 6 }] })
    await vi.waitFor(() => expect(listeningPorts(Number(running.pid))).toHaveLength(1), { timeout: 30_000 })
    const answer = once(running, 'message')
    running.send('restored?')
    expect((await answer)[0]).toEqual({ restored: true })
    expect(running.exitCode).toBeNull()
  }
)

it('advises on a running program by the command', async () => {
  const { program: running, url } = await started()
  const parameters = [join(built, 'cli.mjs'), 'attach', url, '--seconds', '0.5']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, parameters)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/busy\.mjs:6 .* Buffer\.alloc /)
  expect(running.exitCode).toBeNull()
})

it('rejects with ERR_POOL_ADVISOR_ATTACH when the program ends meanwhile', async () => {
  const { program: running, url } = await started()
  const attached = attach({ url, seconds: 600 })
  const refused = expect(attached).rejects.toMatchObject({ code: 'ERR_POOL_ADVISOR_ATTACH' })
  running.kill('SIGKILL')
  await refused
})

it('rejects with ERR_POOL_ADVISOR_ATTACH where no inspector answers, and signals no process that would die of it', async () => {
  await expect(attach({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'ERR_POOL_ADVISOR_ATTACH' })
  await expect(attach({ url: 'ws://127.0.0.1:1' })).rejects.toMatchObject({ code: 'ERR_POOL_ADVISOR_ATTACH' })
  if (process.platform !== 'linux') return
  await expect(attach({ pid: 1 })).rejects.toMatchObject({ code: 'ERR_POOL_ADVISOR_ATTACH' })
})

it.each([{}, { pid: 1, url: 'ws://127.0.0.1:1' }, { pid: 0 }, { url: 'file:///a' }, { url: 'ws://127.0.0.1:1', seconds: 0 }, { port: 1 }])(
  'refuses the options %j with ERR_POOL_INVALID_OPTION',
  async (options) => {
    await expect(attach(options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
  }
)
