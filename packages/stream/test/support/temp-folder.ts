import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder of its own for a test file, removed at its end. */
export class TempFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'pool-stream-'))
  #made = 0

  constructor() {
    afterAll(() => rmSync(this.path, { recursive: true, force: true }))
  }

  /** A name that nothing has. */
  name(): string {
    return join(this.path, `file-${this.#made++}`)
  }

  /** A file of `contents`. */
  file(contents: string | Uint8Array): string {
    const path = this.name()
    writeFileSync(path, contents)
    return path
  }

  /** A pipe with a name. */
  fifo(): string {
    const path = this.name()
    execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', path])
    return path
  }
}

/** Bytes that tell where they stand. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8)) & 255
  return bytes
}
