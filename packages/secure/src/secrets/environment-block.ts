import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'

/** Where a value stands in the block. */
export interface ValuePlace {
  readonly start: number
  readonly end: number
}

/**
 * The variables that this process was started with, as the kernel laid them into its memory. Linux only.
 *
 * ```
 *   env_start                                   env_end
 *   │ PATH=/usr/bin 0 │ TOKEN=… 0 │ HOME=/root 0 │
 * ```
 */
export class EnvironmentBlock {
  /** Its length. */
  readonly bytes: number
  readonly #start: number
  readonly #memory: number

  private constructor(memory: number, start: number, bytes: number) {
    this.#memory = memory
    this.#start = start
    this.bytes = bytes
  }

  /** The block, or nothing where the system does not let a process at it. */
  static open(): EnvironmentBlock | undefined {
    try {
      // proc(5): after the name in brackets come the fields from the third on; env_start and env_end are the 50th and 51st.
      const fields = readFileSync('/proc/self/stat', 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      const [start, end] = [Number(fields[47]), Number(fields[48])]
      if (!(start > 0) || !(end > start)) return undefined
      return new EnvironmentBlock(openSync('/proc/self/mem', 'r+'), start, end - start)
    } catch {
      return undefined
    }
  }

  /** Reads the block into `all` and finds the value of a variable in it. */
  find(all: Buffer, name: string): ValuePlace | undefined {
    try {
      if (readSync(this.#memory, all, 0, this.bytes, this.#start) !== this.bytes) return undefined
    } catch {
      return undefined
    }
    const key = Buffer.from(`${name}=`)
    for (let at = all.indexOf(key); at >= 0; at = all.indexOf(key, at + 1)) {
      const end = all.indexOf(0, at)
      if ((at === 0 || all[at - 1] === 0) && end >= 0) return { start: at + key.length, end }
    }
    return undefined
  }

  /** Zeroes a value. To the C library the variable is empty then. */
  blank({ start, end }: ValuePlace): void {
    const zeroes = Buffer.alloc(end - start)
    try {
      writeSync(this.#memory, zeroes, 0, zeroes.length, this.#start + start)
    } catch {
      // A system that refuses such writes; the variable is still deleted.
    }
  }

  /** Ends it. */
  close(): void {
    closeSync(this.#memory)
  }
}
