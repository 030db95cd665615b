import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const windowBytes = 1 << 20

/**
 * Looks for 32 bytes in all memory that this process can write to, through /proc/self/mem. The bytes are never put together but where
 * they are meant to be: the scanner keeps two halves whose XOR they are, and compares byte by byte.
 */
export class MemoryScanner {
  readonly #mask: Buffer
  readonly #masked: Buffer
  readonly #window = Buffer.alloc(windowBytes)

  /** A scanner for what `secret` holds now, or for what two halves make together, or for a fresh marker. */
  constructor(secret?: Uint8Array, halves?: { readonly mask: Buffer; readonly masked: Buffer }) {
    this.#mask = halves?.mask ?? randomBytes(32)
    if (halves !== undefined) {
      this.#masked = halves.masked
      return
    }
    this.#masked = secret === undefined ? randomBytes(32) : Buffer.from(this.#mask.map((byte, index) => byte ^ (secret[index] as number)))
  }

  /** Writes the marker, byte by byte. */
  write(secret: Uint8Array): void {
    for (let index = 0; index < 32; index++) secret[index] = this.#byte(index)
  }

  /** How many times the marker stands in memory now. */
  count(): number {
    const memory = openSync('/proc/self/mem', 'r')
    const start = Buffer.from([this.#byte(0), this.#byte(1), this.#byte(2), this.#byte(3)])
    const found = new Set<number>()
    this.#window.fill(0)
    for (const [from, to] of writableRanges()) {
      for (let at = from; at < to; at += windowBytes - 32) {
        const read = readQuietly(memory, this.#window, Math.min(windowBytes, to - at), at)
        for (let hit = this.#window.indexOf(start); hit >= 0 && hit + 32 <= read; hit = this.#window.indexOf(start, hit + 1)) {
          if (this.#isIn(this.#window, hit)) found.add(at + hit)
        }
        this.#window.fill(0, 0, read)
      }
    }
    // A window that is read into itself shows what stood before it twice. By now it is zeroed, and the second look tells.
    const probe = Buffer.alloc(32)
    const confirmed = [...found].filter((at) => readQuietly(memory, probe, 32, at) === 32 && this.#isIn(probe, 0))
    probe.fill(0)
    closeSync(memory)
    return confirmed.length
  }

  #byte(index: number): number {
    return (this.#mask[index] as number) ^ (this.#masked[index] as number)
  }

  #isIn(bytes: Buffer, offset: number): boolean {
    for (let index = 0; index < 32; index++) if (bytes[offset + index] !== this.#byte(index)) return false
    return true
  }
}

/** Guarded memory whose access is forbidden is private too, and small; the kernel reads it all the same. */
function writableRanges(): [number, number][] {
  const ranges: [number, number][] = []
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [, from, to, access] = /^([0-9a-f]+)-([0-9a-f]+) (\S{4})/.exec(line) ?? []
    if (from === undefined || to === undefined) continue
    const range: [number, number] = [Number.parseInt(from, 16), Number.parseInt(to, 16)]
    if (access === 'rw-p' || access === 'rwxp' || (access === '---p' && range[1] - range[0] <= windowBytes)) ranges.push(range)
  }
  return ranges
}

function readQuietly(memory: number, window: Buffer, bytes: number, at: number): number {
  try {
    return readSync(memory, window, 0, bytes, at)
  } catch {
    // Pages that were never touched, or went away meanwhile.
    return 0
  }
}
