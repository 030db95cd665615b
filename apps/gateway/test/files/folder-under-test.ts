import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of files that a test serves. */
export class FolderUnderTest {
  readonly path = mkdtempSync(join(tmpdir(), 'gateway-files-'))

  /** Writes a file, and returns its path. */
  write(name: string, contents: string | Buffer): string {
    const path = join(this.path, name)
    writeFileSync(path, contents)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}
