import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isPoolError, PoolError } from '@pool/core'
import { invalid, validInteger, validNumber, validOptions } from '@pool/core/kit'
import type { Profile } from '../profile.js'
import { validProfile } from '../valid-profile.js'
import { InspectorSession } from './inspector-session.js'
import { listeningPorts } from './listening-ports.js'

/** Options of {@link attach}: one of `pid` and `url`. */
export interface AttachOptions {
  /** A process of this machine and user; its inspector is opened by `SIGUSR1`, and closed again. Not on Windows. Elsewhere than on Linux only at port 9229. */
  readonly pid?: number
  /** The address of an inspector that is open, as `node --inspect` prints it: `ws://127.0.0.1:9229/…`, or `http://127.0.0.1:9229`. */
  readonly url?: string
  /** How long the program is observed, seconds, 0.1..86 400. Default 10. */
  readonly seconds?: number
}

/** Where `SIGUSR1` opens an inspector, unless the program was started with another `--inspect-port`. */
const defaultPort = 9229
/** Node needs some ms to open it, a busy program some seconds. */
const openWithinMs = 10_000
/** `require` is there only while an expression is evaluated. */
const closeInspector = '{ const { close } = require("node:inspector"); setTimeout(() => close(), 50); void 0 }'
/** Holds the observation within the program. */
const key = 'Symbol.for("@pool/advisor.attached")'

/**
 * Observes a program that runs already, by its inspector: loads this package into it, waits, reads the profile, and puts all back as it
 * was. The program must see this package under the same path.
 * @throws `ERR_POOL_INVALID_OPTION`; (rejects) `ERR_POOL_ADVISOR_ATTACH` where the program can't be reached or can't load
 * the package, `ERR_POOL_ADVISOR_ACTIVE` where it is observed already
 */
export async function attach(options: AttachOptions): Promise<Profile> {
  validOptions('options', options, ['pid', 'url', 'seconds'])
  const { pid, url } = options
  const seconds = validNumber('seconds', options.seconds ?? 10, 0.1, 86_400)
  if ((pid === undefined) === (url === undefined)) throw invalid('options', 'an object with either pid or url', options)
  if (pid !== undefined) validInteger('pid', pid, 1, 2 ** 31)
  if (url !== undefined && !(typeof url === 'string' && /^(?:ws|http):\/\//.test(url) && URL.canParse(url)))
    throw invalid('url', 'the ws: or http: address of an inspector', url)
  const { address, isOpenBefore } =
    pid === undefined ? { address: await addressOf(String(url)), isOpenBefore: true } : await inspectorOf(pid)
  const session = await InspectorSession.open(address)
  try {
    const found = Number(await session.evaluate('process.pid'))
    if (pid !== undefined && found !== pid) {
      const message = `the inspector at port ${defaultPort} is that of process ${found}, not of ${pid}. Start the program with --inspect=0, and give its url.`
      throw new PoolError('ERR_POOL_ADVISOR_ATTACH', message)
    }
    return await observe(session, seconds)
  } finally {
    // Not at once: it waits until its sessions have ended, this one among them.
    if (!isOpenBefore) await session.evaluate(closeInspector).catch(() => {})
    session.close()
  }
}

async function observe(session: InspectorSession, seconds: number): Promise<Profile> {
  const file = JSON.stringify(ownFile())
  await session.evaluate(`{
    const load = require('node:module').createRequire(${file})
    globalThis[${key}] = load(${file}).startAdvisor()
  }`)
  try {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, seconds * 1000)), session.ended])
    const text = await session.evaluate(`JSON.stringify(globalThis[${key}].stop())`)
    return validProfile(JSON.parse(String(text)))
  } finally {
    await session.evaluate(`globalThis[${key}]?.stop(); delete globalThis[${key}]; void 0`).catch(() => {})
  }
}

/** The CommonJS build of this package, which any program can load, an ES module too. */
function ownFile(): string {
  // `import.meta.url` is undefined in the CommonJS build.
  const here = (import.meta.url as string | undefined) ?? pathToFileURL(__filename).href
  const file = fileURLToPath(new URL('./index.cjs', here))
  if (!existsSync(file))
    throw new PoolError('ERR_POOL_ADVISOR_ATTACH', `${file} is missing: attach() can't stand in a bundle. Install the package beside it.`)
  return file
}

function openInspector(pid: number): void {
  if (process.platform === 'win32') {
    throw new PoolError('ERR_POOL_ADVISOR_ATTACH', 'Windows has no SIGUSR1. Start the program with --inspect, and give its url.')
  }
  try {
    // The signal ends a program that does not listen to it, as any but Node's would.
    if (process.platform === 'linux' && !listensToSigusr1(pid)) {
      throw new PoolError('ERR_POOL_ADVISOR_ATTACH', `process ${pid} is not a Node.js program that opens its inspector by SIGUSR1.`)
    }
    process.kill(pid, 'SIGUSR1')
  } catch (cause) {
    if (isPoolError(cause)) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new PoolError('ERR_POOL_ADVISOR_ATTACH', `process ${pid} can't be signalled: ${code}. Is it running, and yours?`, { cause })
  }
}

/** Whether a process of Linux has a handler of SIGUSR1, by its mask of caught signals. */
function listensToSigusr1(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGUSR1 - 1)) & 1n) === 1n
}

/** The inspector of a process, opened where it was not. */
async function inspectorOf(pid: number): Promise<{ readonly address: string; readonly isOpenBefore: boolean }> {
  const before = listeningPorts(pid)
  // Where the system does not list the ports of a process, the default one may be that of another process, which the caller finds out.
  const open = before === undefined || before.includes(defaultPort) ? await inspectorAt(atPort(defaultPort)) : undefined
  if (open !== undefined) return { address: open, isOpenBefore: true }
  openInspector(pid)
  const deadline = performance.now() + openWithinMs
  for (;;) {
    const ports = listeningPorts(pid)?.filter((port) => before?.includes(port) === false) ?? [defaultPort]
    const found = (await Promise.all(ports.map((port) => inspectorAt(atPort(port))))).find((address) => address !== undefined)
    if (found !== undefined) return { address: found, isOpenBefore: false }
    if (performance.now() > deadline) {
      const message = `no inspector of process ${pid} opened within ${openWithinMs} ms. Is it a Node.js program? If it was started with --inspect, give the url that it printed.`
      throw new PoolError('ERR_POOL_ADVISOR_ATTACH', message)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function atPort(port: number): string {
  return `http://127.0.0.1:${port}`
}

async function addressOf(url: string): Promise<string> {
  if (url.startsWith('ws:')) return url
  const found = await inspectorAt(url)
  if (found === undefined) throw new PoolError('ERR_POOL_ADVISOR_ATTACH', `no inspector answers at ${url}. Is the program running?`)
  return found
}

/** The WebSocket address of the program that an inspector serves; undefined where none answers. */
async function inspectorAt(address: string): Promise<string | undefined> {
  try {
    const answer = await fetch(new URL('/json/list', address), { signal: AbortSignal.timeout(2000) })
    const targets = (await answer.json()) as { readonly webSocketDebuggerUrl?: string }[]
    return targets[0]?.webSocketDebuggerUrl
  } catch {
    return undefined
  }
}
