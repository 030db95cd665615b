import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compiled } from '../../../../tooling/vitest-config/src/compiled.js'
import type { SecureCapabilities } from '../../src/index.js'

/** A pool's account of itself, and the kernel's. */
type Account = SecureCapabilities & { readonly kernelLockedBytes: number }

/** What limited.ts prints. */
export interface LimitedResult {
  readonly thousand: Account
  readonly beyond: Account
  readonly required: {
    readonly code: string
    readonly message: string
    readonly held: number
    readonly intact: boolean
    readonly figuresBefore: unknown
    readonly figuresAfter: unknown
  }
}

/** Root has the capability to lock what it likes, and must give it up to be limited. */
const asRoot = process.getuid?.() === 0 ? 'setpriv --bounding-set=-ipc_lock' : ''

/** Why a limit can't be tried here, or nothing. */
export const noLockLimit: string | undefined =
  process.platform !== 'linux'
    ? 'limits are read from /proc, which is of Linux'
    : spawnSync('sh', ['-c', `ulimit -l 0 && ${asRoot} true`]).status === 0
      ? undefined
      : 'this user can neither limit locked memory nor give up the right to pass the limit'

/** Runs limited.ts in a process that may lock so many KiB. */
export function runLimited(kibibytes: number): Promise<LimitedResult> {
  const script = compiled(fileURLToPath(new URL('./limited.ts', import.meta.url)))
  const command = `ulimit -l ${kibibytes} && exec ${asRoot} "$0" "$1"`
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', command, process.execPath, script], { env: { ...process.env, NODE_OPTIONS: '' } }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout))
      else reject(new Error(stderr, { cause: error }))
    })
  })
}
