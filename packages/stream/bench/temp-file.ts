import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs `work` on a file of `bytes` that was just written, so that it lies in the page cache; it is removed at the end. */
export async function withFile<T>(bytes: number, work: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pool-bench-'))
  try {
    const path = join(folder, 'file')
    const piece = Buffer.alloc(Math.min(bytes, 2 ** 24), 'pooled')
    writeFileSync(path, '')
    for (let written = 0; written < bytes; written += piece.length) writeFileSync(path, piece, { flag: 'a' })
    return await work(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
