import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Lease, NonSharedBuffer } from '@pool/core'
import { type ByteRoom, partOfLease } from '@pool/core/kit/universal'
import type { Admission, LeaseGiver } from '../admission.js'
import { aborted, type HttpError, tooLarge } from '../http-failure.js'
import type { IntakeSettings } from '../intake.js'
import { forgetBuffer, keepBody } from '../request-body.js'
import { type FileOwner, FileReader, type FileStored } from './file-reader.js'
import { type FileRequest, filesOf, StoredFile } from './pooled-file.js'

/** The settings and figures that all uploads of a storage share. */
export interface UploadSettings {
  readonly admission: Admission
  readonly collecting: ByteRoom
  readonly requestBytes: number
  readonly debug: boolean
  readonly figures: UploadFigures
}

/** Figures of a storage, counted as they change. */
export interface UploadFigures {
  uploads: number
  files: number
  bytes: number
  stored: number
  refused: number
}

/**
 * The files of one request: read one after the other, in order, and released with the response.
 *
 * ```
 *   content-length known   ┌ file ┐┌ file ┐┌───── room for later files ──────┐   one lease, before a byte is read
 *   unknown                ┌ file ┐  ┌ file ┐                                    a lease for each
 * ```
 *
 * With one lease for all of it an upload never waits for memory while it holds some.
 */
export class Upload implements LeaseGiver, FileOwner {
  readonly response: ServerResponse
  readonly #settings: UploadSettings
  readonly #request: IncomingMessage
  /** Bytes of the lease of all files; `null` where the length of the request is not known. */
  readonly #wholeBytes: number | null
  readonly #readers: FileReader[] = []
  readonly #files = new Map<Buffer, StoredFile>()
  #whole: Lease<NonSharedBuffer> | undefined = undefined
  #usedBytes = 0
  #isOver = false

  /** The upload that `request` brings, until `response` is over. */
  constructor(settings: UploadSettings, request: IncomingMessage, response: ServerResponse) {
    this.#settings = settings
    this.#request = request
    this.response = response
    const length = Number.parseInt(request.headers['content-length'] ?? '', 10)
    this.#wholeBytes = Number.isNaN(length) ? null : Math.min(length, settings.requestBytes)
    settings.figures.uploads++
  }

  /** Reads a file once those before it have ended. */
  add(source: Readable, stored: FileStored): void {
    const reader = new FileReader(this, source, stored)
    this.#readers.push(reader)
    if (this.#isOver || source.destroyed) reader.fail(aborted(null, 0))
    else if (this.#readers.length === 1) reader.start()
  }

  ended(reader: FileReader): void {
    const at = this.#readers.indexOf(reader)
    this.#readers.splice(at, 1)
    if (at === 0 && !this.#isOver) this.#readers[0]?.start()
    this.#leaveIfIdle()
  }

  settingsOfNext(): IntakeSettings {
    const { collecting, requestBytes } = this.#settings
    const limit = this.lengthOfNext() ?? Math.max(0, requestBytes - this.#usedBytes)
    return { admission: this, collecting, limit }
  }

  lengthOfNext(): number | null {
    return this.#wholeBytes === null ? null : Math.max(0, this.#wholeBytes - this.#usedBytes)
  }

  tooLarge(received: number): HttpError {
    return tooLarge(this.#settings.requestBytes, { received: this.#usedBytes + received })
  }

  store(lease: Lease<NonSharedBuffer>): StoredFile {
    const file = new StoredFile(lease)
    const { figures } = this.#settings
    const bytes = file.buffer.length
    this.#files.set(file.buffer, file)
    // Handlers may look at a file through an array of numbers, which has to begin at a multiple of 8.
    this.#usedBytes += Math.ceil(bytes / 8) * 8
    figures.stored++
    figures.files++
    figures.bytes += bytes
    return file
  }

  /** Gives a file back before the response is over. */
  remove(buffer: Buffer | undefined): void {
    const file = buffer === undefined ? undefined : this.#files.get(buffer)
    if (file === undefined) return
    this.#release(file)
    this.#leaveIfIdle()
  }

  /** The response is finished, closed or aborted. */
  over(): void {
    this.#isOver = true
    this.#settings.figures.uploads--
    for (const reader of [...this.#readers]) reader.fail(aborted(null, 0))
    this.#forgetFiles()
    for (const file of this.#files.values()) this.#release(file)
    this.#leaveIfIdle()
  }

  #forgetFiles(): void {
    try {
      for (const file of filesOf(this.#request as FileRequest)) {
        const { buffer } = file
        const stored = buffer === undefined ? undefined : this.#files.get(buffer)
        if (stored === undefined) continue
        keepBody(file, stored)
        forgetBuffer(file, 'buffer', stored.buffer, this.#settings.debug)
      }
    } catch {
      // The application has replaced the request's files. The memory goes back all the same.
    }
  }

  #release(file: StoredFile): void {
    const { figures } = this.#settings
    this.#files.delete(file.buffer)
    figures.files--
    figures.bytes -= file.buffer.length
    file.release()
  }

  #leaveIfIdle(): void {
    if (this.#files.size > 0 || this.#readers.length > 0) return
    const whole = this.#whole
    this.#whole = undefined
    this.#usedBytes = 0
    whole?.[Symbol.dispose]()
  }

  get waiting(): number {
    return this.#settings.admission.waiting
  }

  now(bytes: number): Lease<NonSharedBuffer> | undefined {
    if (this.#whole !== undefined) return this.#part(this.#whole)
    try {
      return this.#own(this.#settings.admission.now(this.#wholeBytes ?? bytes, this.response))
    } catch (error) {
      this.#settings.figures.refused++
      throw error
    }
  }

  async wait(bytes: number, signal: AbortSignal): Promise<Lease<NonSharedBuffer>> {
    let lease: Lease<NonSharedBuffer>
    try {
      lease = await this.#settings.admission.wait(this.#wholeBytes ?? bytes, signal, this.response)
    } catch (error) {
      if (!signal.aborted) this.#settings.figures.refused++
      throw error
    }
    // Served and called off in the same turn: the reader releases it, and the next one may have a lease already.
    return signal.aborted ? lease : this.#own(lease)
  }

  #own<L extends Lease<NonSharedBuffer> | undefined>(lease: L): L | Lease<NonSharedBuffer> {
    if (lease === undefined || this.#wholeBytes === null) return lease
    this.#whole = lease
    return this.#part(lease)
  }

  #part(whole: Lease<NonSharedBuffer>): Lease<NonSharedBuffer> {
    return partOfLease(whole.retain(), this.#usedBytes)
  }
}
