import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isPoolError, PoolError } from '@pool/core'
import { invalid, validInteger, validNumber, validOptions } from '@pool/core/kit'
import type { Profile } from '../profile.js'
import { validProfile } from '../valid-profile.js'
import { InspectorSession } from './inspector-session.js'

/** Options of {@link attach}: one of `pid` and `url`. */
export interface AttachOptions {
  /** A process of this machine and user; its inspector is opened by `SIGUSR1`, and closed again. Not on Windows. */
  readonly pid?: number
  /** The address of an inspector that is open, as `node --inspect` prints it: `ws://127.0.0.1:9229/…`, or `http://127.0.0.1:9229`. */
  readonly url?: string
  /** How long the program is observed, seconds, 0.1..86 400. Default 10. */
  readonly seconds?: number
}

/** Where `SIGUSR1` opens an inspector, unless the program was started with another `--inspect-port`. */
const defaultInspector = 'http://127.0.0.1:9229'
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
  const isOpenBefore = pid === undefined || (await inspectorAt(defaultInspector)) !== undefined
  if (pid !== undefined && !isOpenBefore) openInspector(pid)
  const session = await InspectorSession.open(url === undefined ? await untilOpen(defaultInspector) : await addressOf(url))
  try {
    const found = Number(await session.evaluate('process.pid'))
    if (pid !== undefined && found !== pid) {
      const message = `the inspector at ${defaultInspector} is that of process ${found}, not of ${pid}. Start the program with --inspect=0, and give its url.`
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

async function untilOpen(address: string): Promise<string> {
  const deadline = performance.now() + openWithinMs
  for (;;) {
    const found = await inspectorAt(address)
    if (found !== undefined) return found
    if (performance.now() > deadline) {
      const message = `no inspector opened at ${address} within ${openWithinMs} ms. Is it a Node.js program? If it has another --inspect-port, give its url.`
      throw new PoolError('ERR_POOL_ADVISOR_ATTACH', message)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
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
