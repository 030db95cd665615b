import { writeSync } from 'node:fs'
import { SizeClassPool } from '@pool/core'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import { PooledQueue } from '../../../src/index.js'
import { consume, faultOptions } from './steady-load.js'

/** A consumer in a process of its own, which tells what it has handled in a line each. Its parameters: a URL, the queue, and the connection. */
const [url, name, connection] = process.argv.slice(2) as [string, string, 'pooled' | 'plain']
const pool = new SizeClassPool({ clear: 'never', maxClassBytes: 16 * 1024 * 1024, maxSize: 1_000_000, maxLiveBytes: 64 * 1024 * 1024 })
const connect = connection === 'pooled' ? { connect: (target: object) => connectPooled({ ...target, pool }) } : {}
const queue = new PooledQueue({ url, queue: name, pool, ...faultOptions, ...connect })
process.on('SIGTERM', () => void queue.close())
await consume(queue, (number, deliveries) => writeSync(1, `${number} ${deliveries}\n`))
