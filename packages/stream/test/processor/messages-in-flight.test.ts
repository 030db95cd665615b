import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PooledMessage } from '../../src/framing/pooled-message.js'
import { MessageInFlight, MessagesInFlight } from '../../src/processor/messages-in-flight.js'

function start(list: MessagesInFlight, sequence: number): MessageInFlight {
  const message = new MessageInFlight(new PooledMessage(Buffer.alloc(3), undefined), 0, sequence, list.tick)
  list.add(message)
  return message
}

function sequences(list: MessagesInFlight): number[] {
  const found: number[] = []
  for (let message = list.first; message !== undefined; message = message.next) found.push(message.sequence)
  return found
}

describe('MessagesInFlight', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('keeps the order of starts, whichever is taken out', () => {
    for (const taken of [0, 1, 2, 3]) {
      const list = new MessagesInFlight(Number.POSITIVE_INFINITY, () => {})
      const messages = [0, 1, 2, 3].map((sequence) => start(list, sequence))
      list.remove(messages[taken] as MessageInFlight)
      expect(sequences(list)).toEqual([0, 1, 2, 3].filter((sequence) => sequence !== taken))
      start(list, 4)
      expect([list.size, sequences(list).at(-1)]).toEqual([4, 4])
    }
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tells of each message once, never early, and late by no more than an eighth', () => {
    const told: [number, number][] = []
    const began = Date.now()
    const list = new MessagesInFlight(80, (message) => {
      message.hasOutcome = true
      told.push([message.sequence, Date.now() - began])
    })
    for (let sequence = 0; sequence < 30; sequence++) {
      start(list, sequence)
      vi.advanceTimersByTime(3)
    }
    vi.advanceTimersByTime(1000)
    expect(told.map(([sequence]) => sequence)).toEqual(Array.from({ length: 30 }, (_, index) => index))
    for (const [sequence, ms] of told) {
      expect(ms - sequence * 3).toBeGreaterThanOrEqual(80)
      expect(ms - sequence * 3).toBeLessThanOrEqual(90)
    }
  })

  it('tells of all that are late at once, also where those between them are taken out for it', () => {
    const told: number[] = []
    const list = new MessagesInFlight(80, (message) => {
      message.hasOutcome = true
      told.push(message.sequence)
      // As where order is kept: what is behind it and done had to wait for it.
      if (message.next?.hasSettled) list.remove(message.next)
    })
    for (let sequence = 0; sequence < 20; sequence++) {
      const message = start(list, sequence)
      message.hasSettled = message.hasOutcome = sequence % 2 === 1
    }
    vi.advanceTimersByTime(90)
    expect(told).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
  })

  it('has one timer for all, and none once nothing is in flight for a tick', () => {
    const list = new MessagesInFlight(80, () => {})
    const messages = [0, 1, 2].map((sequence) => start(list, sequence))
    expect(vi.getTimerCount()).toBe(1)
    for (const message of messages) list.remove(message)
    vi.advanceTimersByTime(10)
    expect(vi.getTimerCount()).toBe(0)
    start(list, 3)
    expect(vi.getTimerCount()).toBe(1)
    list.stop()
    expect(vi.getTimerCount()).toBe(0)
  })
})
