import { writeSync } from 'node:fs'
import { SizeClassPool } from '@pool/core'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import { PooledQueue, type Wire } from '../../../src/index.js'
import { addScript } from '../../../src/queue/stream-scripts.js'

/** Bytes of each message: of three reads at least, so that a death may come within one. */
export const largeBytes = 300_000

/** What Redis lists its connection as. */
export const producerName = 'large-producer'

/**
 * Adds large messages in a process of its own, and tells the entry of each that was confirmed. Its parameters: a URL, the queue, and the
 * number of the payload after which it dies before the entry of that is added, 0 for never.
 */
async function run(url: string, queueName: string, dyingAfter: number): Promise<never> {
  const pool = new SizeClassPool({ clear: 'never', maxClassBytes: 16 * 1024 * 1024, maxSize: 1_000_000, maxLiveBytes: 64 * 1024 * 1024 })
  let payloads = 0
  /** Dies when an entry is about to leave whose payload Redis has confirmed. */
  const dying = (wire: Wire): Wire =>
    new Proxy(wire, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown
        if (typeof value !== 'function') return value
        if (name !== 'tryWrite') return value.bind(target)
        return (...parameters: Parameters<Wire['tryWrite']>) => {
          const pieces = parameters[0] as readonly { readonly buffer: Buffer }[]
          if (pieces.some(({ buffer }) => buffer.includes('\r\nPX\r\n'))) payloads++
          else if (payloads === dyingAfter && pieces.some(({ buffer }) => buffer.includes(addScript.sha)))
            process.kill(process.pid, 'SIGKILL')
          return target.tryWrite(...parameters)
        }
      }
    })
  const connect = async (target: object) => {
    const wire = await connectPooled({ ...target, pool })
    return dyingAfter > 0 ? dying(wire) : wire
  }
  const queue = new PooledQueue({ url, queue: queueName, pool, largeMessageBytes: largeBytes, maxLength: 50, name: producerName, connect })
  for (let number = 0; ; number++) {
    const lease = pool.lease(largeBytes)
    lease.buffer.fill(number)
    writeSync(1, `${(await queue.add(lease)).entryId}\n`)
  }
}

const [url, queueName, dyingAfter] = process.argv.slice(2)
// The test imports the figures of this module, too.
if (url?.startsWith('redis:')) await run(url, queueName as string, Number(dyingAfter))
