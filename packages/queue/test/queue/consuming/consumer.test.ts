import { plainLease } from '@pool/core/kit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Consumer } from '../../../src/queue/consuming/consumer.js'
import { ConsumerTally } from '../../../src/queue/consuming/consumer-tally.js'
import type { DeliverySource } from '../../../src/queue/consuming/delivery.js'
import type { Job } from '../../../src/queue/message-queue.js'
import { QueueEventSet } from '../../../src/queue/queue-events.js'

/** A source of a few messages, which notes what is renewed. */
function sourceOf(...entryIds: string[]) {
  const renewed: string[][] = []
  let end = (): void => {}
  const interrupted = new Promise<void>((resolve) => {
    end = resolve
  })
  const source: DeliverySource = {
    maxInFlightBytes: 1000,
    claimIdleMs: 300,
    claimIntervalMs: 1000,
    take: async (room, receiver) => {
      const there = entryIds.splice(0, room())
      if (there.length === 0) return interrupted
      for (const entryId of there) {
        const lease = plainLease(Buffer.from(entryId))
        receiver.took({ entryId, id: undefined, lease, reference: undefined, bytes: entryId.length, deliveries: 1 })
      }
    },
    claim: async () => {},
    fetch: async () => true,
    interrupt: () => end(),
    renew: async (ids) => void renewed.push([...ids]),
    ack: async () => {},
    giveBack: async () => {}
  }
  return { source, renewed }
}

describe('a Consumer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('keeps the jobs that are out when it has stopped, until each is settled', async () => {
    const { source, renewed } = sourceOf('1-0', '2-0')
    const onEnded = vi.fn()
    const consumer = new Consumer(source, new ConsumerTally(new QueueEventSet('kept')), { maxInFlight: 2 }, onEnded)
    const first = (await consumer.next()).value as Job
    const second = (await consumer.next()).value as Job
    await consumer.stop()
    vi.advanceTimersByTime(100)
    expect(renewed).toEqual([['1-0', '2-0']])
    await first.ack()
    vi.advanceTimersByTime(100)
    expect(renewed.slice(1)).toEqual([['2-0']])
    expect(onEnded).not.toHaveBeenCalled()
    await second.retry()
    await vi.waitFor(() => expect(onEnded).toHaveBeenCalledOnce())
    expect(vi.getTimerCount()).toBe(0)
  })
})
