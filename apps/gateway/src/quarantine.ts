import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SizeClassPool } from '@pool/core'
import { ConfigError, readConfig } from './config.js'
import { quarantineQueue } from './quarantine/quarantine.js'
import { mostQuarantinedBytes, parseQuarantined } from './quarantine/quarantined-message.js'
import { stopRequest } from './serve.js'

const USAGE = `Takes the messages of QUEUE_URL that the gateway found to be threats, and prints a line of JSON for each.

  --save <folder>  writes the bytes of each message to a file there, named by their SHA-256
  --once           ends when the queue is empty; else it waits for more, until Ctrl-C
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((word) => word !== '--'),
    options: { save: { type: 'string' }, once: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } }
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return
  }
  const { queueUrl, queueName, bodyLimitBytes } = readConfig(process.env)
  if (queueUrl === undefined) throw new ConfigError(['QUEUE_URL: expected the URL of a Redis, such as redis://localhost:6379'])
  if (values.save !== undefined) await mkdir(values.save, { recursive: true })
  const pool = new SizeClassPool({ name: 'quarantine', maxClassBytes: mostQuarantinedBytes(bodyLimitBytes), clear: 'never' })
  const queue = quarantineQueue(queueUrl, queueName, pool, bodyLimitBytes)
  try {
    // Reports a missing Redis at once.
    const { waiting } = await queue.depth()
    if (values.once && waiting === 0) return
    const consumer = queue.consume()
    void stopRequest().then(() => consumer.stop())
    for await (const job of consumer) {
      try {
        const parsed = parseQuarantined(job.buffer)
        const bytes = parsed?.message ?? job.buffer
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        if (values.save !== undefined) await writeFile(join(values.save, sha256), bytes)
        const line = { ...(parsed?.verdict ?? { verdict: 'unknown' }), bytes: bytes.length, sha256, deliveries: job.deliveries }
        process.stdout.write(`${JSON.stringify(line)}\n`)
        await job.ack()
      } finally {
        job[Symbol.dispose]()
      }
      if (values.once && consumer.inFlight === 0 && (await queue.depth()).waiting === 0) break
    }
  } finally {
    await queue.close()
    pool.destroy()
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : `The quarantine can't be read: ${(error as Error).message}`}\n`)
  process.exitCode = 1
})
