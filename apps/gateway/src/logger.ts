import cluster from 'node:cluster'
import { type Logger, pino, stdSerializers } from 'pino'

/** Where log lines go; a test gives its own. */
export interface LogDestination {
  write(line: string): void
}

/**
 * JSON lines, one for each event, with the process that it happened in. Written at once: at the end of the process none is lost
 * or out of order.
 */
export function createLogger(level: string, destination?: LogDestination): Logger {
  const worker = cluster.worker?.id
  const options = {
    level,
    base: worker === undefined ? { pid: process.pid } : { pid: process.pid, worker },
    serializers: { err: describeError }
  }
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }))
}

/** What is logged of an error: its own account. Parsers hang the body on theirs, and that must not get out. */
function describeError(error: Error): Record<string, unknown> {
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message, stack, code: 'code' in error ? error.code : undefined }
}
