import cluster from 'node:cluster'
import { runPrimary } from './cluster-primary.js'
import { ConfigError, readConfig } from './config.js'
import { createLogger } from './logger.js'
import { serve } from './serve.js'

try {
  const config = readConfig(process.env)
  const logger = createLogger(config.logLevel)
  process.on('uncaughtExceptionMonitor', (error) => logger.fatal({ err: error }, 'the process fails'))
  process.exit(config.workers > 1 && cluster.isPrimary ? await runPrimary(config, logger) : await serve(config, logger))
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  for (const problem of error.problems) process.stderr.write(`${problem}\n`)
  process.exit(1)
}
