import type { BufferSource } from '@pool/core'
import type { Request, RequestHandler, Response } from 'express'
import { Refusal } from '../refusal.js'
import { UnderWay } from '../under-way.js'
import { whenGone } from '../when-gone.js'
import { DownloadMemory, type DownloadWaits } from './download-memory.js'
import { answerFileRequest, forgetFile } from './file-request.js'
import type { FilesFolder } from './files-folder.js'
import { sendFilePart } from './send-file-part.js'

/** Answers with the files of a folder, from pooled chunks. */
export class Files {
  readonly #folder: FilesFolder
  readonly #pool: BufferSource<Buffer>
  readonly #waits: DownloadWaits
  readonly #underWay = new UnderWay()

  /** @param pool - where chunks come from; stays its maker's */
  constructor(folder: FilesFolder, pool: BufferSource<Buffer>, waits: DownloadWaits) {
    this.#folder = folder
    this.#pool = pool
    this.#waits = waits
  }

  /** `GET` and `HEAD` of a path whose parameter `name` is a file's. */
  readonly answer: RequestHandler<{ name: string }> = (request, response) => this.#underWay.follow(this.#serve(request, response))

  /** Waits until no file is open: a read outlives its client. */
  async settled(): Promise<void> {
    await this.#underWay.settled()
  }

  async #serve(request: Request<{ name: string }>, response: Response): Promise<void> {
    const file = await this.#folder.open(request.params.name)
    const gone = whenGone(response)
    try {
      const part = answerFileRequest(request, response, file)
      if (part === undefined || request.method === 'HEAD') response.end()
      else await sendFilePart(response, file, part, new DownloadMemory(this.#pool, this.#waits), gone)
    } catch (error) {
      if (gone.aborted) return
      if (!response.headersSent) {
        if (!(error instanceof Refusal)) forgetFile(response)
        throw error
      }
      // The length was said; only a broken connection tells that it is not kept.
      response.err = error as Error
      response.destroy()
    } finally {
      await file.handle.close()
    }
  }
}
