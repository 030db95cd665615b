import { ConfigError, type GatewayConfig } from './config.js'

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken: end the process that listens there, or set another one',
  EACCES: 'is not allowed for this user: set a port of 1024 or above',
  EADDRNOTAVAIL: 'is no address of this machine: set HOST to one that is',
  ENOTFOUND: 'is no address of this machine: set HOST to one that is'
}

/** Why the gateway could not start, in sentences for the person who started it. */
export function startProblem(error: unknown, config: GatewayConfig | undefined): string {
  if (error instanceof ConfigError) return error.message
  const { code = '', syscall, port = config?.port, message } = Object(error) as NodeJS.ErrnoException & { port?: number }
  const remedy = REMEDIES[code]
  if (config === undefined || remedy === undefined || (syscall !== 'listen' && syscall !== 'bind' && syscall !== 'getaddrinfo')) {
    return `The gateway could not start: ${message ?? String(error)}`
  }
  const variable = port === config.port ? 'PORT' : port === config.ingestPort ? 'INGEST_PORT' : 'METRICS_PORT'
  return `${variable}: ${config.host ?? 'every address'}, port ${port}, ${remedy}.`
}
