import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import type { PooledQueue } from '../queue/pooled-queue.js'
import type { PayloadStore } from '../store/payload-store.js'
import type { CorpusMessage } from './corpus.js'
import { inTime, type Received, type Receiver, type Sender } from './route.js'

/** Adds to a queue: from leases, or as bytes and text are given. */
export function queueSender(queue: PooledQueue, pool: BufferSource<NonSharedBuffer>, isLeased: boolean): Sender {
  return {
    name: isLeased ? 'queue, leases' : 'queue, Buffers',
    send: async ({ id, bytes, text }) => {
      await queue.add(isLeased ? leased(pool, bytes) : (text ?? bytes), { id })
    },
    close: () => queue.close()
  }
}

/** Takes from a queue. */
export function queueReceiver(queue: PooledQueue): Receiver {
  const consumer = queue.consume()
  return {
    name: 'queue',
    receive: async (count) => {
      const received: Received[] = []
      while (received.length < count) {
        const { value: job } = await inTime(consumer.next())
        if (job === undefined) throw new Error('the consumer ended')
        const lease = job.retain()
        received.push({ id: job.id, bytes: lease.buffer, release: () => lease.release() })
        void job.ack()
      }
      return received
    },
    close: async () => {
      await consumer.stop()
      await queue.close()
    }
  }
}

/** Both ends of a store, between which only references go. */
export function storeEnds(
  store: PayloadStore,
  pool: BufferSource<NonSharedBuffer>
): { readonly sender: Sender; readonly receiver: Receiver } {
  const sent: { readonly id: string; readonly reference: string }[] = []
  return {
    sender: {
      name: 'store',
      send: async (message) => void sent.push({ id: message.id, reference: await putLeased(store, pool, message) }),
      close: () => store.close()
    },
    receiver: {
      name: 'store',
      receive: (count) =>
        inTime(
          Promise.all(
            sent.splice(0, count).map(async ({ id, reference }) => {
              const lease = await store.take(reference)
              return { id, bytes: lease.buffer, release: () => lease.release() }
            })
          )
        ),
      close: async () => {}
    }
  }
}

/** Puts a message from a lease. */
export async function putLeased(store: PayloadStore, pool: BufferSource<NonSharedBuffer>, { bytes }: CorpusMessage): Promise<string> {
  return store.put(leased(pool, bytes))
}

/** The same bytes in a lease; as they are where there are none. */
function leased(pool: BufferSource<NonSharedBuffer>, bytes: Buffer): Buffer | Lease<NonSharedBuffer> {
  if (bytes.length === 0) return bytes
  const lease = pool.lease(bytes.length)
  bytes.copy(lease.buffer)
  return lease
}
