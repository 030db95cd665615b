import cluster from 'node:cluster'
import { fstatSync } from 'node:fs'
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

/** Characters of lines that wait for a reader of stdout; lines beyond are dropped. */
const MOST_WAITING = 1024 * 1024
/** How long the end of the process waits for that reader. */
const FLUSH_MS = 200

/** Makes a logger of JSON lines, one for each event, with the process that it happened in. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  const worker = cluster.worker?.id
  const base = worker === undefined ? { pid: process.pid } : { pid: process.pid, worker }
  return pino({ level, base, serializers: { err: describeError } }, destination)
}

/** The logged part of an error: its own account. Parsers attach the body to theirs, which must not get out. */
function describeError(error: Error): Record<string, unknown> {
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message, stack, code: 'code' in error ? error.code : undefined }
}

/**
 * Standard output for log lines. All lines of a turn of the event loop are written at its end, or when the process ends, in their order.
 * A pipe that is not read takes up to a mebibyte of lines; further ones are dropped, and counted in a line once the reader is back.
 */
export class LogOutput implements DestinationStream {
  readonly #stdout = openStdout()
  #lines = ''
  #count = 0
  #untold = 0
  #dropped = 0

  constructor() {
    this.#stdout?.on('error', () => this.#drop(1)).on('drain', () => this.#tellDropped())
    process.on('exit', () => this.#pass())
  }

  /** Lines that were dropped since the process started. */
  get dropped(): number {
    return this.#dropped
  }

  write(line: string): void {
    if (this.#stdout === undefined || this.#stdout.writableLength + this.#lines.length + line.length > MOST_WAITING) this.#drop(1)
    else {
      if (this.#count === 0) setImmediate(() => this.#pass())
      this.#lines += line
      this.#count += 1
    }
  }

  /** Writes what there is, and waits a moment for the reader. */
  async flush(): Promise<void> {
    this.#pass()
    const stdout = this.#stdout
    if (!stdout?.writable || stdout.writableLength === 0) return
    await new Promise<void>((resolve) => {
      setTimeout(resolve, FLUSH_MS)
      stdout.write('', () => resolve())
    })
  }

  #pass(): void {
    const [lines, count] = [this.#lines, this.#count]
    this.#lines = ''
    this.#count = 0
    if (count === 0) return
    try {
      if (this.#stdout?.writable) this.#stdout.write(lines)
      else this.#drop(count)
    } catch {
      // A file, which is written to at once, on a full disk.
      this.#drop(count)
    }
  }

  #drop(count: number): void {
    this.#untold += count
    this.#dropped += count
  }

  #tellDropped(): void {
    if (this.#untold === 0) return
    const line = {
      level: 40,
      time: Date.now(),
      pid: process.pid,
      dropped: this.#untold,
      msg: 'log lines were dropped: stdout was not read'
    }
    this.#untold = 0
    this.write(`${JSON.stringify(line)}\n`)
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
