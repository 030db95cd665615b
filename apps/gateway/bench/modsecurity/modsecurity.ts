import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A request as both detectors get it. */
export interface InspectedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Inspection {
  readonly isFlagged: boolean
  /** CPU of the process that inspected, in microseconds. */
  readonly cpu: number
}

const NEEDED = [
  '/usr/bin/cc',
  '/usr/include/modsecurity/modsecurity.h',
  '/etc/modsecurity/crs/crs-setup.conf',
  '/usr/share/modsecurity-crs/rules'
]
const PASSED = 200

/** Whether a compiler, ModSecurity's library and the Core Rule Set are where Debian's packages put them. */
export function hasModsecurity(): boolean {
  return NEEDED.every((path) => existsSync(path))
}

/** ModSecurity with the Core Rule Set, in a process of its own. `close()` ends it. */
export class Modsecurity {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pool-modsecurity-'))
  readonly #child
  readonly #answers

  constructor(paranoiaLevel: 1 | 2) {
    const program = join(this.#folder, 'inspect')
    execFileSync('cc', ['-O2', '-o', program, here('inspect.c'), '-lmodsecurity'])
    this.#child = spawn(program, [here('rules.conf'), String(paranoiaLevel)], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
  }

  /** One answer for each request, in order. */
  async inspect(requests: readonly InspectedRequest[]): Promise<readonly Inspection[]> {
    this.#child.stdin.write(Buffer.concat(requests.map(frameOf)))
    const inspections: Inspection[] = []
    while (inspections.length < requests.length) {
      const { value, done } = await this.#answers.next()
      if (done === true) throw new Error('ModSecurity ended before it had answered')
      const [status, cpu] = value.split(' ').map(Number)
      inspections.push({ isFlagged: status !== PASSED, cpu: cpu as number })
    }
    return inspections
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.stdin.end()
      await once(this.#child, 'exit')
    }
    rmSync(this.#folder, { recursive: true })
  }
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

/** The form that `inspect.c` describes. */
function frameOf({ method, url, headers, body }: InspectedRequest): Buffer {
  const pairs = Object.entries(headers)
  const texts = pairs.flat().map((text) => stringOf(Buffer.from(text)))
  return Buffer.concat([stringOf(Buffer.from(method)), stringOf(Buffer.from(url)), numberOf(pairs.length), ...texts, stringOf(body)])
}

function stringOf(bytes: Buffer): Buffer {
  return Buffer.concat([numberOf(bytes.length), bytes])
}

function numberOf(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
