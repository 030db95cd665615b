import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isPoolError } from '@pool/core'
import { validProfile } from '../valid-profile.js'
import type { CommandEnvironment } from './command-environment.js'
import { type OutputFiles, writeOutputs } from './outputs.js'

const usage = `pool-advisor read <profile.json> [options]

Says where a memory pool would pay in a Node.js program, what to change for it, and where there is nothing to gain.

  --report file   the advice as one HTML file
  --json file     the advice as JSON
  --dhat file     the profile for dh_view.html, DHAT's viewer
  --help          says this

Exits with 0; with 2 when it was called wrongly.
`

/** Runs the command `pool-advisor`, and gives its exit code. */
export async function runCommandLine(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const { stdout, stderr } = environment
  let call: ReturnType<typeof parse>
  try {
    call = parse(args)
  } catch (error) {
    stderr.write(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  const { values, positionals } = call
  if (values.help) {
    stdout.write(usage)
    return 0
  }
  const [command, target, ...rest] = positionals
  if (command !== 'read' || target === undefined || rest.length > 0) {
    stderr.write(usage)
    return 2
  }
  try {
    return read(target, values, environment)
  } catch (error) {
    // A file that is not there, or not a profile, is an answer; anything else is a fault of ours.
    if (!isPoolError(error) && !isSystemError(error)) throw error
    stderr.write(`${error.message}\n`)
    return 2
  }
}

function read(file: string, files: OutputFiles, environment: CommandEnvironment): number {
  const text = readFileSync(resolve(environment.folder, file), 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    environment.stderr.write(`${file} is not JSON: ${(error as Error).message}. Give a profile that the advisor wrote.\n`)
    return 2
  }
  writeOutputs(validProfile(value), files, undefined, environment)
  return 0
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const options = { report: text, json: text, dhat: text, help: { type: 'boolean', short: 'h' } } as const
  return parseArgs({ args: [...args], allowPositionals: true, options })
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
