import { constants, type Stats, unlinkSync } from 'node:fs'
import { type FileHandle, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Lease, PoolError } from '@pool/core'
import { invalid, optionalSignal, validBoolean, validInteger, validOptions } from '@pool/core/kit'
import { untilAborted } from '../leases/until-aborted.js'

/** How a file is written. */
export interface WriteFileAtomicOptions {
  /** Permissions of the file. Default: those of the file that is replaced, or `0o666` less the umask. */
  readonly mode?: number
  /** Whether the bytes are on the disk before the file takes its name. Default true. */
  readonly fsync?: boolean
  /** Encoding of a string. Default `'utf8'`. */
  readonly encoding?: BufferEncoding
  /** Calls the writing off; the promise rejects with the signal's reason, at once, and the file is as before. */
  readonly signal?: AbortSignal
}

/** The bytes to write, the file that they replace, and how. */
interface Replacement {
  readonly path: string
  readonly bytes: Uint8Array
  readonly mode: number | undefined
  readonly fsync: boolean
  readonly signal: AbortSignal | undefined
}

/** As many links as Linux follows. */
const mostLinks = 40
/** The last write to each path, by its absolute name. */
const turns = new Map<string, Promise<void>>()
/** Temporary files of writes under way. */
const unfinished = new Set<string>()

/**
 * Writes a file whole or not at all: into a new file beside it, flushed, then renamed. A reader that opens `path` meanwhile finds the
 * old contents or the new, never a part. Writes of one thread to one path take turns, in the order of their calls.
 *
 * The new file has a random name, `.pool-<24 hexadecimal digits>.tmp`, and until it is complete only its owner may read it where it
 * replaces another. It is removed when the write fails and when the process exits. A process that is killed leaves it behind:
 * `find FOLDER -maxdepth 1 -name '.pool-*.tmp' -mmin +60 -delete` removes those that no write of the last hour made.
 *
 * Owner, group and permissions of the file that is replaced are kept as far as the process may set them. Access control lists and hard
 * links are not. The folder is not flushed: after a loss of power the old contents may be back.
 *
 * A lease is held until the writing has settled, however early it is released, and withdrawn from its pool when it fails; it stays
 * the caller's to release.
 *
 * @param path - a symbolic link is followed, also to a file that does not exist yet, and stays a link
 * @param data - a string, bytes, or leased bytes; bytes must not change until the promise settles
 * @throws (rejects) any error of `fs`, with the file as before; the signal's reason; `ERR_POOL_FILE_NOT_REPLACEABLE` for a pipe, a device, a
 * socket and a mount point; `ERR_POOL_INVALID_OPTION`, `ERR_POOL_LEASE_RELEASED`
 */
export async function writeFileAtomic(
  path: string | URL,
  data: string | Uint8Array | Lease,
  options: WriteFileAtomicOptions = {}
): Promise<void> {
  validOptions('options', options, ['mode', 'fsync', 'encoding', 'signal'])
  const { mode, fsync = true, encoding = 'utf8' } = options
  const signal = optionalSignal(options.signal)
  if (mode !== undefined) validInteger('mode', mode, 0, 0o7777)
  validBoolean('fsync', fsync)
  if (!Buffer.isEncoding(encoding)) throw invalid('encoding', 'an encoding that Buffer knows', encoding)
  const isPath = typeof path === 'string' ? path !== '' : path instanceof URL && path.protocol === 'file:'
  if (!isPath) throw invalid('path', 'a non-empty string or a file URL', path)
  const name = typeof path === 'string' ? path : fileURLToPath(path)
  // Not normalized: `..` behind a linked folder is the system's to follow.
  const file = isAbsolute(name) ? name : `${process.cwd()}/${name}`
  const lease = typeof data === 'object' && data !== null && 'hold' in data ? data : undefined
  const contents = lease === undefined ? data : lease.buffer
  const bytes = typeof contents === 'string' ? Buffer.from(contents, encoding) : contents
  if (!(bytes instanceof Uint8Array)) throw invalid('data', 'a string, a Uint8Array or a lease', data)
  signal?.throwIfAborted()
  return untilAborted(signal, (unlisten) => {
    const written = inTurn(resolve(file), () => replaceFile({ path: file, bytes, mode, fsync, signal }, unlisten))
    return lease === undefined ? written : lease.hold(written)
  })
}

/** Runs `write` when all earlier ones of that path have settled. */
async function inTurn(path: string, write: () => Promise<void>): Promise<void> {
  const turn = Promise.allSettled([turns.get(path)]).then(write)
  turns.set(path, turn)
  try {
    await turn
  } finally {
    if (turns.get(path) === turn) turns.delete(path)
  }
}

/** `commit` is called right before the file takes its name; an abort comes too late then. */
async function replaceFile(replacement: Replacement, commit: () => void): Promise<void> {
  const { path, signal } = replacement
  signal?.throwIfAborted()
  const old = await oldFile(path)
  const target = old === undefined ? await missingFile(path) : await realpath(path)
  const temporary = `${dirname(target)}/.pool-${Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('hex')}.tmp`
  if (unfinished.size === 0) process.on('exit', removeUnfinished)
  unfinished.add(temporary)
  try {
    await fill(temporary, replacement, old)
    signal?.throwIfAborted()
    commit()
    await rename(temporary, target).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EBUSY' ? notReplaceable('a mount point, or in use', error) : error
    })
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  } finally {
    unfinished.delete(temporary)
    if (unfinished.size === 0) process.off('exit', removeUnfinished)
  }
}

/** Makes a complete file under a name that nothing has. */
async function fill(temporary: string, { bytes, mode, fsync, signal }: Replacement, old: Stats | undefined): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
  const isMasked = old === undefined && mode === undefined
  const handle = await open(temporary, flags, isMasked ? 0o666 : 0o600)
  try {
    await handle.writeFile(bytes, signal === undefined ? {} : { signal })
    const isOwned = old === undefined || (await keepOwner(handle, old))
    const permissions = mode ?? (old === undefined ? undefined : old.mode & 0o7777)
    // Programs that run as their owner or group do so only for the owner and group that they had.
    if (permissions !== undefined) await handle.chmod(isOwned ? permissions : permissions & 0o1777)
    if (fsync) await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives the file the owner and group of the old one; false when the process may not. */
async function keepOwner(handle: FileHandle, { uid, gid }: Stats): Promise<boolean> {
  const own = await handle.stat()
  if (own.uid === uid && own.gid === gid) return true
  try {
    await handle.chown(uid, gid)
    return true
  } catch (error) {
    if (['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/**
 * The file that is to be replaced, if there is one.
 * @throws for all that is not a file
 */
async function oldFile(path: string): Promise<Stats | undefined> {
  let old: Stats
  try {
    old = await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (old.isFile()) return old
  // For the error of `fs.writeFile`.
  if (old.isDirectory()) await (await open(path, 'r+')).close()
  throw notReplaceable('not a file but a pipe, a device or a socket')
}

/** The name of a file that does not exist, where `path` may be a link to it. */
async function missingFile(path: string): Promise<string> {
  let name = path
  for (let links = 0; links < mostLinks; links++) {
    const link = await readlink(name).catch(() => undefined)
    if (link === undefined) break
    name = isAbsolute(link) ? link : `${dirname(name)}/${link}`
  }
  return name
}

function notReplaceable(what: string, cause?: Error): PoolError {
  return new PoolError(
    'ERR_POOL_FILE_NOT_REPLACEABLE',
    `The target is ${what}, which can't be replaced by a new file. Write to it by fs.writeFile, which is not atomic.`,
    cause === undefined ? undefined : { cause }
  )
}

function removeUnfinished(): void {
  for (const temporary of unfinished) {
    try {
      unlinkSync(temporary)
    } catch {
      // It was not made yet, or took its name already.
    }
  }
}
