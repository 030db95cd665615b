import cluster from 'node:cluster'
import { fstatSync } from 'node:fs'
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

/** Bytes of lines that wait for a reader of stdout; lines beyond are dropped. */
const MOST_WAITING_BYTES = 1024 * 1024
/** How long the end of the process waits for that reader. */
const FLUSH_MS = 200

/** Makes a logger of JSON lines, one for each event, with the process that it happened in. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  const worker = cluster.worker?.id
  const base = worker === undefined ? { pid: process.pid } : { pid: process.pid, worker }
  return pino({ level, base, serializers: { err: describeError } }, destination)
}

/** What is logged of an error: its own account. Parsers hang the body on theirs, and that must not get out. */
function describeError(error: Error): Record<string, unknown> {
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message, stack, code: 'code' in error ? error.code : undefined }
}

/**
 * Standard output for log lines. A line is written at once where that can't block, so that none is lost or out of order when the
 * process ends. A pipe that is not read takes up to 1 MiB of lines; further ones are dropped, and counted in a line once the reader is
 * back. The gateway goes on meanwhile.
 */
export class LogOutput implements DestinationStream {
  #dropped = 0
  #droppedInAll = 0
  readonly #stdout: NodeJS.WriteStream | undefined

  constructor() {
    this.#stdout = openStdout()
    this.#stdout?.on('error', () => {}).on('drain', () => this.#tellDropped())
  }

  /** Lines that were dropped since the process started. */
  get dropped(): number {
    return this.#droppedInAll
  }

  write(line: string): void {
    const stdout = this.#stdout
    try {
      if (stdout?.writable && stdout.writableLength + line.length <= MOST_WAITING_BYTES) {
        stdout.write(line)
        return
      }
    } catch {
      // A file on a full disk: the line counts as dropped.
    }
    this.#dropped += 1
    this.#droppedInAll += 1
  }

  /** Waits a moment for the reader of what was written. */
  async flush(): Promise<void> {
    const stdout = this.#stdout
    if (!stdout?.writable || stdout.writableLength === 0) return
    await new Promise<void>((resolve) => {
      setTimeout(resolve, FLUSH_MS)
      stdout.write('', () => resolve())
    })
  }

  #tellDropped(): void {
    const dropped = this.#dropped
    if (dropped === 0) return
    this.#dropped = 0
    const note = { level: 40, time: Date.now(), pid: process.pid, dropped, msg: 'log lines were dropped: stdout was not read' }
    this.write(`${JSON.stringify(note)}\n`)
  }
}

/** Standard output; undefined where the process was started without. */
function openStdout(): NodeJS.WriteStream | undefined {
  try {
    fstatSync(1)
    return process.stdout
  } catch {
    return undefined
  }
}
