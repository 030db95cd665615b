import { constants, realpathSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '../config.js'
import { Refusal } from '../http/error-answer.js'

/** An open file; its opener closes it. */
export interface ServedFile {
  readonly handle: FileHandle
  readonly name: string
  /** Bytes that it had when it was opened. */
  readonly size: number
  /** Nanoseconds since 1970. */
  readonly modifiedNs: bigint
}

/** The errors of `open` for names that are not a file here: missing, a link, too long, a socket, not ours to read. */
const NO_FILE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'EACCES', 'EPERM'])
/** Links are not followed, so that nothing outside is reached; a pipe without a writer is opened at once, and then refused. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** The folder whose files are served: those that lie in it, not deeper, and do not begin with a dot. */
export class FilesFolder {
  readonly #path: string

  /** @throws ConfigError when `path` is not a folder that can be read */
  constructor(path: string) {
    try {
      if (!statSync(path).isDirectory()) throw new ConfigError(['FILES_DIR: expected a folder'])
      this.#path = realpathSync(path)
    } catch (error) {
      if (error instanceof ConfigError) throw error
      throw new ConfigError([`FILES_DIR: expected a folder that can be read (${(error as NodeJS.ErrnoException).code})`])
    }
  }

  /**
   * Opens a file. The figures are those of the opened file, also when its name is removed or replaced meanwhile.
   * @throws (rejects) Refusal 404 `file.unknown` for every name that is not an ordinary file of this folder
   */
  async open(name: string): Promise<ServedFile> {
    if (!isPlain(name)) throw unknown()
    const handle = await this.#openPlain(name)
    try {
      const stats = await handle.stat({ bigint: true })
      if (!stats.isFile()) throw unknown()
      return { handle, name, size: Number(stats.size), modifiedNs: stats.mtimeNs }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #openPlain(name: string): Promise<FileHandle> {
    try {
      return await open(join(this.#path, name), FLAGS)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== undefined && NO_FILE.has(code)) throw unknown()
      // The system's own message has the name, which a client wrote and the log must not hold.
      throw new Error(`a file could not be opened (${code})`)
    }
  }
}

/** Whether a name stays in the folder on every system. */
function isPlain(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\:\0]/.test(name)
}

function unknown(): Refusal {
  return new Refusal(404, 'file.unknown', 'no such file')
}
