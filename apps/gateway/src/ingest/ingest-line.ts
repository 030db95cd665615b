import { isPoolError } from '@pool/core'
import { MessageError } from '@pool/stream'
import type { AnalyzeAnswer } from '../analyze.js'
import { Refusal } from '../http/error-answer.js'

/** A line for each message that was judged. */
export interface VerdictLine extends AnalyzeAnswer {
  /** Messages of the stream before it, those without a verdict included. */
  readonly index: number
  /** Bytes of the stream before it; its length prefix comes after them. */
  readonly offset: number
  /** Bytes of the message, without its framing. */
  readonly bytes: number
}

/** A line for each message that was not judged, and for the reason that ends the stream before its end. */
export interface ErrorLine {
  readonly index: number
  /** As in a verdict; absent where the error is not about a message. */
  readonly offset?: number
  readonly error: { readonly code: string; readonly message: string }
}

/** The verdict on a message, in words for its sender. */
const SENTENCES: ReadonlyMap<string, readonly [code: string, message: string]> = new Map([
  ['ERR_POOL_MESSAGE_TOO_LARGE', ['message.too.large', 'the message is longer than may be, and was skipped']],
  ['ERR_POOL_MESSAGE_TRUNCATED', ['message.truncated', 'the stream ended inside the message']],
  ['ERR_POOL_MESSAGE_MALFORMED', ['message.malformed', 'this is no length, so that nothing behind it can be read']]
])

/** Says in a line why a message has no verdict, or why reading has stopped. No byte of a message gets into it. */
export function errorLine(index: number, error: unknown): ErrorLine {
  if (!(error instanceof MessageError)) return { index, error: describe(error) }
  return { index, offset: error.offset, error: describe(error.cause ?? error) }
}

function describe(error: unknown): ErrorLine['error'] {
  if (error instanceof Refusal) return { code: error.type, message: error.message }
  if (!isPoolError(error)) return { code: 'internal', message: 'the gateway failed' }
  const [code, message] = SENTENCES.get(error.code) ?? [error.code, 'no memory is free for this message; send it again']
  return { code, message }
}
