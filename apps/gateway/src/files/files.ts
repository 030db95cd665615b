import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { type Request, type Response, Router } from 'express'
import { answerMethod } from '../http/error-answer.js'
import { nameRoute, noteOutcome } from '../http/request-log.js'
import type { UnderWay } from '../http/under-way.js'
import { whenGone } from '../http/when-gone.js'
import { answerFileRequest, forgetFile } from './file-request.js'
import type { FilesFolder } from './files-folder.js'
import { type DownloadWaits, downloadMemory, sendFilePart } from './send-file-part.js'

/** The folder and the pool of served files. */
export interface FilesParts {
  readonly folder: FilesFolder
  /** Where chunks come from; stays its maker's. */
  readonly pool: BufferSource<NonSharedBuffer>
  readonly waits: DownloadWaits
  /** Follows each file until it is closed: a read outlives its client. */
  readonly underWay: UnderWay
}

/** `GET /files/:name`, and `HEAD`. */
export function filesRouter(parts: FilesParts): Router {
  const router = Router()
  router.use('/files', nameRoute('/files'))
  router.get(
    '/files/:name',
    parts.underWay.handler<{ name: string }>((request, response) => serveFile(parts, request, response))
  )
  router.all('/files/:name', answerMethod('GET, HEAD'))
  return router
}

async function serveFile({ folder, pool, waits }: FilesParts, request: Request<{ name: string }>, response: Response): Promise<void> {
  const file = await folder.open(request.params.name)
  const gone = whenGone(response)
  try {
    const part = answerFileRequest(request, response, file)
    if (part === undefined || request.method === 'HEAD') response.end()
    else await sendFilePart(response, file, part, downloadMemory(pool, waits), gone)
  } catch (error) {
    if (gone.aborted) return
    if (!response.headersSent) {
      forgetFile(response)
      throw error
    }
    // The answer has announced its length; only a broken connection shows that it is not kept.
    noteOutcome(response, { err: error as Error })
    response.destroy()
  } finally {
    await file.handle.close()
  }
}
