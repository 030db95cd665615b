import type { Lease, NonSharedBuffer } from '@pool/core'
import { holdBytes, keepBody, keeperOf } from '../request-body.js'

/** A file as multer hands it to handlers; the pool's part of it. */
export interface PooledFile {
  /** The bytes, until the response is over; then `undefined`, or in debug mode an error. */
  buffer?: Buffer | undefined
}

/** A request as multer leaves it. */
export interface FileRequest {
  file?: PooledFile | undefined
  files?: PooledFile[] | { [field: string]: PooledFile[] } | undefined
}

/** A file in pooled memory: its lease, as long as the request. */
export class StoredFile {
  /** The bytes of the file. */
  readonly buffer: Buffer
  readonly #lease: Lease<NonSharedBuffer>

  /** Takes `lease` over; from now on {@link holdFile} finds it by its buffer. */
  constructor(lease: Lease<NonSharedBuffer>) {
    this.#lease = lease
    this.buffer = lease.buffer
    keepBody(this.buffer, this)
  }

  /** Another lease of the bytes; `undefined` once they went back. */
  hold(): Lease<NonSharedBuffer> | undefined {
    return this.#lease.released ? undefined : this.#lease.retain()
  }

  /** Gives the bytes back, once. Never throws, even where the application transferred the memory away. */
  release(): void {
    this.#lease[Symbol.dispose]()
  }
}

/** The files that multer left on a request. */
export function filesOf({ file, files }: FileRequest): readonly PooledFile[] {
  const all = files === undefined || files === null ? [] : Object.values(files).flat()
  return file === undefined || file === null ? all : [file, ...all]
}

/**
 * Keeps the bytes of an uploaded file beyond the response, for work that outlives it. They stay out until the lease that this returns is
 * released as well; `file.buffer` itself ends with the response all the same, so use `lease.buffer`.
 * @param file - `request.file`, or one of `request.files`
 * @returns a lease of exactly the file; release it once, or bind it with `using`
 * @throws `ERR_POOL_NO_FILE` when `file` was not stored by `pooledStorage()`; `ERR_POOL_LEASE_RELEASED` when the response is over, and the
 * file with it
 */
export function holdFile(file: PooledFile): Lease<NonSharedBuffer> {
  // A file that was taken back is known by itself: its buffer is gone.
  const keeper = file instanceof Object ? (keeperOf(file) ?? keeperOf(Object(file.buffer))) : undefined
  const missing = 'this file has no pooled bytes. Hold a file of a request that multer read with pooledStorage().'
  return holdBytes(keeper, 'ERR_POOL_NO_FILE', missing)
}
