import { setTimeout as sleep } from 'node:timers/promises'
import type { BufferSource } from '@pool/core'
import type { PooledQueue } from '../../../src/index.js'
import type { Ledger } from './ledger.js'
import { numberedMessage, numberOf } from './numbered-message.js'

/** Adds that are under way together. */
const together = 8

/** Times that make a death known soon, on a busy machine too. */
export const faultOptions = {
  claimIdleMs: 1000,
  claimIntervalMs: 50,
  blockMs: 200,
  reconnectMaxMs: 50,
  maxLength: 500,
  // The same message may meet death after death: none is to be buried for it.
  maxDeliveries: 1000
} as const

/** Adds messages until the signal aborts: every other with an id, again until it is confirmed; the rest once. */
export async function produce(queue: PooledQueue, pool: BufferSource<Buffer>, ledger: Ledger, signal: AbortSignal): Promise<void> {
  const adding = async (): Promise<void> => {
    while (!signal.aborted) {
      const number = ledger.offer()
      if (number % 2 === 0) await addSurely(queue, pool, ledger, number)
      else
        await queue.add(numberedMessage(pool, number)).then(
          () => ledger.acknowledge(number),
          () => ledger.uncertain++
        )
    }
  }
  await Promise.all(Array.from({ length: together }, adding))
}

async function addSurely(queue: PooledQueue, pool: BufferSource<Buffer>, ledger: Ledger, number: number): Promise<void> {
  for (;;) {
    try {
      await queue.add(numberedMessage(pool, number), { id: `message-${number}` })
      return ledger.acknowledge(number)
    } catch {
      await sleep(20)
    }
  }
}

/** Takes and checks messages until the queue is closed; each is handled first, worked on, and acknowledged then. */
export async function consume(queue: PooledQueue, handled: (number: number, deliveries: number) => void): Promise<void> {
  for await (const job of queue.consume()) {
    handled(numberOf(job.buffer), job.deliveries)
    await sleep(1)
    void job.ack()
  }
}
