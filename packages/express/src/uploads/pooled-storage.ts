import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { type BufferSource, type NonSharedBuffer, PoolError } from '@pool/core'
import { validBoolean, validInteger, validOptions, validSource, whenOver } from '@pool/core/kit'
import { Admission, type AdmissionOptions } from '../admission.js'
import { collectingRoom, debugDefault } from '../body-settings.js'
import type { FileStored } from './file-reader.js'
import type { PooledFile } from './pooled-file.js'
import { Upload, type UploadSettings } from './upload.js'

/** The options of {@link pooledStorage}. */
export interface PooledStorageOptions extends AdmissionOptions {
  /** Where files live; any implementation of core's interface. Its bound is the bound of all uploads together. */
  readonly pool: BufferSource<NonSharedBuffer>
  /** Bounds of one request. multer's own `limits` hold besides. */
  readonly limits?: {
    /**
     * The most bytes that the files of one request may have together, each rounded up to a multiple of 8; above it, 413. An upload leases
     * no more than this, however long it says that it is. Default: the `maxBytes` of the pool, which is also the most.
     */
    readonly requestBytes?: number
  }
  /**
   * How many bytes of files may lie in the chunks that they came in, outside the pool and over all requests, until each is whole and
   * copied into its lease: cheaper than filling many leases side by side. 0: none. Default 8 388 608, 8 MiB.
   */
  readonly collectBytes?: number
  /**
   * Makes a read of `file.buffer` after its memory went back throw `ERR_POOL_LEASE_RELEASED`. Otherwise it gives `undefined`. Default:
   * true where the environment's `POOL_DEBUG` is set and not `off`.
   */
  readonly debug?: boolean
}

/** Figures of the uploads of one storage. Those of their memory are the pool's. */
export interface PooledStorageStats {
  /** Requests with files that are read now, or whose response is not over. */
  readonly uploads: number
  /** Files that handlers may use now. Files that `holdFile()` keeps beyond the response are not counted. */
  readonly files: number
  /** Bytes of those files. */
  readonly bytes: number
  /** Files that wait for memory now. */
  readonly waiting: number
  /** Files stored so far. */
  readonly stored: number
  /** Files refused with 503 so far. */
  readonly refused: number
}

/** The request of Express that multer gives a storage engine. */
export interface UploadRequest extends IncomingMessage {
  /** The response that Express made for it; uploads end with it. */
  readonly res?: ServerResponse | undefined
}

/** A storage engine for multer: `multer({ storage })`. Made by {@link pooledStorage}. */
export class PooledStorage {
  readonly #settings: UploadSettings
  readonly #uploads = new WeakMap<IncomingMessage, Upload>()

  /** A storage with these settings. */
  constructor(settings: UploadSettings) {
    this.#settings = settings
  }

  /** Figures of the uploads. O(1). */
  stats(): PooledStorageStats {
    const { admission, figures } = this.#settings
    return { ...figures, waiting: admission.waiting }
  }

  /** Stores a file. multer calls it. */
  _handleFile(request: UploadRequest, file: { readonly stream: Readable }, stored: FileStored): void {
    let upload = this.#uploads.get(request)
    if (upload === undefined) {
      const { res } = request
      if (res === undefined) {
        file.stream.resume()
        stored(noResponse())
        return
      }
      const begun = new Upload(this.#settings, request, res)
      if (!whenOver(res, request.socket, () => begun.over())) begun.over()
      this.#uploads.set(request, begun)
      upload = begun
    }
    upload.add(file.stream, stored)
  }

  /** Gives a file back when multer refuses its request. multer calls it. */
  _removeFile(request: IncomingMessage, file: PooledFile, removed: (error: Error | null) => void): void {
    this.#uploads.get(request)?.remove(file.buffer)
    delete file.buffer
    removed(null)
  }
}

function noResponse(): PoolError {
  const message =
    'request.res is not there, and tells when the memory may go back. Run multer in Express, or set request.res to the response.'
  return new PoolError('ERR_POOL_NO_RESPONSE', message)
}

/**
 * A storage engine for multer, in the place of `multer.memoryStorage()`: `file.buffer` is a Buffer of exactly the file, in pooled memory. It
 * belongs to the request and goes back to the pool once the response is finished, closed or aborted; `holdFile()` keeps it longer.
 *
 * An upload whose length is known takes one lease for all of its files before it reads any of them, and waits its turn with its
 * client's upload standing still. With nothing free within `waitMs`: 503 with `retry-after`.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function pooledStorage(options: PooledStorageOptions): PooledStorage {
  validOptions('options', options, ['pool', 'limits', 'collectBytes', 'debug', 'waitMs', 'retryAfterSeconds'])
  const { limits = {}, debug = debugDefault() } = options
  const pool = validSource('pool', options.pool)
  validOptions('limits', limits, ['requestBytes'])
  return new PooledStorage({
    admission: new Admission(pool, options),
    collecting: collectingRoom(options.collectBytes),
    requestBytes: validInteger('limits.requestBytes', limits.requestBytes ?? pool.maxBytes, 1, pool.maxBytes),
    debug: validBoolean('debug', debug),
    figures: { uploads: 0, files: 0, bytes: 0, stored: 0, refused: 0 }
  })
}
