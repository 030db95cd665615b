import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Lease } from '@pool/core'
import { aborted, badRequest, type HttpError, tooLarge } from '../http-failure.js'
import { Intake, type IntakeOwner, type IntakeSettings } from '../intake.js'
import type { StoredFile } from './pooled-file.js'

/** Called once: with a file's bytes, or with an error. */
export type FileStored = (error?: unknown, info?: { readonly buffer: Buffer; readonly size: number }) => void

/** The upload that a file belongs to. */
export interface FileOwner {
  readonly response: ServerResponse
  /** How the next file is read. */
  settingsOfNext(): IntakeSettings
  /** The most bytes that the next file can have; `null` where that is not known. */
  lengthOfNext(): number | null
  /** 413: the files have more bytes than one request may bring. */
  tooLarge(received: number): HttpError
  /** Takes the lease of a file over. */
  store(lease: Lease<Buffer>): StoredFile
  /** A reader is done: the next one's turn. */
  ended(reader: FileReader): void
}

/** Reads one file of an upload. */
export class FileReader implements IntakeOwner {
  readonly source: Readable
  readonly #upload: FileOwner
  readonly #stored: FileStored
  #intake: Intake | undefined = undefined
  #isSettled = false

  /** A reader of `source`, which stands still until {@link FileReader.start}. */
  constructor(upload: FileOwner, source: Readable, stored: FileStored) {
    this.#upload = upload
    this.source = source
    this.#stored = stored
    source.on('error', (error) => {
      // multer listens as well, and counts this file as ended: its callback must not be called again.
      this.#settle()
      this.fail(error)
    })
    source.on('close', () => {
      if (!source.readableEnded) this.fail(aborted(null, this.#received))
    })
    // multer refuses the request, and waits for the rest of it. The memory of the file goes back at once.
    source.on('limit', () => this.fail(tooLarge(this.#received, { received: this.#received })))
  }

  get #received(): number {
    return this.#intake?.received ?? 0
  }

  /** Reads; the files before this one have ended. */
  start(): void {
    const upload = this.#upload
    this.#intake = new Intake(upload.settingsOfNext(), upload.lengthOfNext(), upload.response, this)
    this.#intake.start()
  }

  /** Ends the file with an error, and gives its memory back; does nothing once it has ended. */
  fail(error: Error): void {
    if (this.#intake === undefined) this.failed(error)
    else this.#intake.fail(error)
  }

  listen(): void {
    const { source } = this
    const intake = this.#intake as Intake
    source.on('data', (chunk: Buffer | string) => intake.receive(chunk))
    source.on('end', () => intake.end())
  }

  complete(): void {
    const { buffer } = this.#upload.store((this.#intake as Intake).take())
    if (this.#settle()) this.#stored(null, { buffer, size: buffer.length })
  }

  failed(error: unknown): void {
    const { type, received } = Object(error) as { type?: unknown; received?: number }
    const failure = type === 'entity.too.large' && received !== undefined ? this.#upload.tooLarge(received) : badRequest(error)
    if (this.#settle()) this.#stored(failure)
  }

  /** The rest of the file is thrown away, and the next one's turn comes. */
  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.source.resume()
    this.#upload.ended(this)
    return true
  }
}
