import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isPoolError } from '@pool/core'
import { attach } from '../attaching/attach.js'
import { validProfile } from '../valid-profile.js'
import type { CommandEnvironment } from './command-environment.js'
import { runObserved } from './observed-program.js'
import { checkOutputs, type OutputFiles, writeOutputs } from './outputs.js'

const usage = `pool-advisor [options] -- node server.js [arguments]
pool-advisor attach <pid or inspector's address> [options]
pool-advisor read <profile.json> [options]

Says where a memory pool would pay in a Node.js program, what to change for it, and where there is nothing to gain. The first form runs a program,
whatever starts Node.js, and says so when it ends; the second observes a program that runs already, for 10 seconds unless told, and leaves it as it
was; the third reads a profile that @pool/advisor/register wrote.

  --report file    the advice as one HTML file
  --json file      the advice as JSON
  --dhat file      the profile for dh_view.html, DHAT's viewer
  --profile file   the profile itself, for "read"
  --seconds n      observes so long; the program goes on (0.1..86400; default: to its end, 10 for attach)
  --help           says this

Exits as the program does; with 2 when it was called wrongly.
`

/** The forms that have a name, and one target. */
const forms = new Map([
  ['read', read],
  ['attach', observe]
])

/** Runs the command `pool-advisor`, and gives its exit code. */
export async function runCommandLine(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const { stdout, stderr } = environment
  let call: Call
  try {
    call = parse(args)
  } catch (error) {
    stderr.write(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  const { values, positionals, isProgram } = call
  if (values.help) {
    stdout.write(usage)
    return 0
  }
  const [first, target, ...rest] = positionals
  const form = isProgram ? run : target === undefined || rest.length > 0 ? undefined : forms.get(first ?? '')
  if (first === undefined || form === undefined) {
    stderr.write(usage)
    return 2
  }
  try {
    checkOutputs(values, environment.folder)
    return await form(positionals, values, environment)
  } catch (error) {
    // A file that is not there, or not a profile, is an answer; anything else is a fault of ours.
    if (!isPoolError(error) && !isSystemError(error)) throw error
    stderr.write(`${error.message}\n`)
    return 2
  }
}

async function run(
  [program = '', ...parameters]: readonly string[],
  files: Call['values'],
  environment: CommandEnvironment
): Promise<number> {
  const { stderr } = environment
  const { code, signal, profile, processes } = await runObserved(program, parameters, files.seconds)
  if (signal !== null) stderr.write(`\nThe program was ended by ${signal}.\n`)
  if (profile === undefined) {
    stderr.write(`No profile was written: ${program} started no Node.js of version 20 or above, or was killed before it could write.\n`)
    return code
  }
  if (processes > 1) stderr.write(`\n${processes} processes wrote a profile; this is the one that made the most Buffers, ${profile.pid}.\n`)
  writeOutputs(profile, files, [program, ...parameters].join(' '), environment)
  return code
}

async function observe([, target = '']: readonly string[], files: Call['values'], environment: CommandEnvironment): Promise<number> {
  const seconds = files.seconds === undefined ? {} : { seconds: Number(files.seconds) }
  const profile = await attach(/^\d+$/.test(target) ? { pid: Number(target), ...seconds } : { url: target, ...seconds })
  writeOutputs(profile, files, `process ${profile.pid}`, environment)
  return 0
}

async function read([, file = '']: readonly string[], files: OutputFiles, environment: CommandEnvironment): Promise<number> {
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

type Call = ReturnType<typeof parse>

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const options = { report: text, json: text, dhat: text, profile: text, seconds: text, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals, tokens } = parseArgs({ args: [...args], allowPositionals: true, tokens: true, options })
  const isProgram = tokens.some(({ kind }) => kind === 'option-terminator')
  const { seconds } = values
  if (seconds !== undefined && !(Number(seconds) >= 0.1 && Number(seconds) <= 86_400))
    throw new TypeError('--seconds must be a number in 0.1..86400.')
  return { values, positionals, isProgram }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
