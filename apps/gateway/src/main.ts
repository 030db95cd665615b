import cluster from 'node:cluster'
import { runPrimary, type StartProblemMessage } from './cluster-primary.js'
import { type GatewayConfig, readConfig } from './config.js'
import { createLogger, LogOutput } from './logger.js'
import { serve } from './serve.js'
import { startProblem } from './start-problem.js'

const output = new LogOutput()
let config: GatewayConfig | undefined
let isClean = false
try {
  config = readConfig(process.env)
  const logger = createLogger(config.logLevel, output)
  process.on('uncaughtExceptionMonitor', (error) => logger.fatal({ err: error }, 'the process fails'))
  isClean = config.workers > 1 && cluster.isPrimary ? await runPrimary(config, logger) : await serve(config, logger, () => output.dropped)
} catch (error) {
  // At any level of the log: the process ends, and the person who started it must learn why.
  const problem = startProblem(error, config)
  if (cluster.isWorker) await new Promise((sent) => process.send?.({ startProblem: problem } satisfies StartProblemMessage, sent))
  else process.stderr.write(`${problem}\n`)
}
await output.flush()
process.exit(isClean ? 0 : 1)
