import type { CorpusMessage } from './corpus.js'
import type { Received } from './route.js'
import type { Difference } from './validation-report.js'

/** The difference between a message that was sent and one that came, if there is one. Quotes only single bytes of the corpus. */
export function compare(route: string, sent: CorpusMessage, came: Received): Difference | undefined {
  const different = (kind: Difference['kind'], detail: string): Difference => ({ route, message: sent.name, kind, detail })
  if (came.id !== sent.id) return different('order', `message ${came.id?.slice(0, 20)} came where ${sent.id} was due`)
  if (came.malformed !== undefined) return different('format', came.malformed)
  if (sent.bytes.equals(came.bytes)) return undefined
  const least = Math.min(sent.bytes.length, came.bytes.length)
  let at = 0
  while (at < least && sent.bytes[at] === came.bytes[at]) at++
  if (at === least) return different('bytes', `${came.bytes.length} bytes came, and ${sent.bytes.length} were sent`)
  return different('bytes', `byte ${at} of ${sent.bytes.length} is ${came.bytes[at]}, and ${sent.bytes[at]} was sent`)
}
