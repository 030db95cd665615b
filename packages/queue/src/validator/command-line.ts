import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BufferSource, isPoolError, type Lease, type NonSharedBuffer } from '@pool/core'
import type { Connect, WireTarget } from '../client/wire.js'
import { loaderFrom } from './foreign-clients.js'
import { validateQueue, validationPool } from './validate-queue.js'
import { reportTable, type ValidationReport } from './validation-report.js'

const usage = `pool-queue validate redis://user:password@host:6379/0 [options]

Sends a corpus of messages through Redis, on every way that the installed packages allow (ioredis, redis, bullmq, @pool/net,
@pool/stream), and compares bytes, form and order. Writes keys that begin with pool-validate.

  --messages n    messages on each way, some 330 at least (1000)
  --max-bytes n   the largest message (10485760)
  --seed n        makes the random messages; the report names it
  --report file   where the report goes, as JSON (pool-queue-report.json)
  --help          says this

Exits with 0 when everything came back as it was sent, with 1 at the first difference, with 2 when it was called wrongly.
`

/** The folder and the streams that the command works with. */
export interface CommandEnvironment {
  /** Where packages are looked for, and the report goes. */
  readonly folder: string
  readonly stdout: { write(text: string): unknown }
  /** Shows the progress, where it is a terminal. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
}

/** Runs the command `pool-queue`, and gives its exit code. */
export async function runCommandLine(args: readonly string[], { folder, stdout, stderr }: CommandEnvironment): Promise<0 | 1 | 2> {
  let call: ReturnType<typeof parse>
  try {
    call = parse(args)
  } catch (error) {
    stderr.write(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (call.values.help) {
    stdout.write(usage)
    return 0
  }
  const [command, url, ...rest] = call.positionals
  if (command !== 'validate' || url === undefined || rest.length > 0) {
    stderr.write(usage)
    return 2
  }
  const pool = validationPool()
  let report: ValidationReport
  try {
    report = await validateQueue({
      url,
      pool,
      folder,
      ...numbers(call.values),
      ...siblings(folder, pool),
      ...(stderr.isTTY ? { onProgress: (route, done) => stderr.write(`\r${`${Math.floor(done * 100)} % ${route}`.padEnd(60)}`) } : {})
    })
  } catch (error) {
    // All that Redis does is in the report; this is the call.
    if (!isPoolError(error)) throw error
    stderr.write(`${error.message}\n`)
    return 2
  } finally {
    if (stderr.isTTY) stderr.write(`\r${' '.repeat(60)}\r`)
  }
  const file = resolve(folder, call.values.report ?? 'pool-queue-report.json')
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  const table = report.routes.length === 0 ? '' : `${reportTable(report)}\n\n`
  stdout.write(`${table}${verdict(report)}${report.skipped.map((why) => `left out: ${why}\n`).join('')}report: ${file}\n`)
  return report.passed ? 0 : 1
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const options = { messages: text, 'max-bytes': text, seed: text, report: text, help: { type: 'boolean', short: 'h' } } as const
  return parseArgs({ args: [...args], allowPositionals: true, options })
}

/** The options that were given, as numbers. A text that is not a number becomes NaN, which the validator refuses. */
function numbers(values: ReturnType<typeof parse>['values']): { messages?: number; maxBytes?: number; seed?: number } {
  return {
    ...(values.messages === undefined ? {} : { messages: Number(values.messages) }),
    ...(values['max-bytes'] === undefined ? {} : { maxBytes: Number(values['max-bytes']) }),
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) })
  }
}

interface NetModule {
  connectPooled(target: WireTarget & { readonly pool: BufferSource<NonSharedBuffer> }): ReturnType<Connect>
}

interface StreamModule {
  serializeJson(value: unknown, options: { readonly pool: BufferSource<NonSharedBuffer> }): Lease<NonSharedBuffer> | undefined
}

/** The functions of other packages of the family, where they are installed. */
function siblings(folder: string, pool: BufferSource<NonSharedBuffer>) {
  const load = loaderFrom(folder)
  const net = load('@pool/net') as NetModule | undefined
  const stream = load('@pool/stream') as StreamModule | undefined
  return {
    ...(net === undefined ? {} : { connect: (target: WireTarget) => net.connectPooled({ ...target, pool }) }),
    ...(stream === undefined ? {} : { serializeJson: (value: unknown) => stream.serializeJson(value, { pool }) })
  }
}

function verdict({ passed, difference, messages, seed }: ValidationReport): string {
  if (passed) return `passed: all ${messages} messages came back as they were sent, on every way (seed ${seed})\n`
  const { route, message, kind, detail } = difference as NonNullable<typeof difference>
  return `FAILED: ${kind} · ${route}${message === '' ? '' : ` · ${message}`}: ${detail} (seed ${seed})\n`
}
