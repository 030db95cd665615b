import { expect, it, vi } from 'vitest'
import { Channel } from '../../src/channel.js'
import { channelHead, format, layoutOf } from '../../src/layout.js'

// A message knows 8 bits of its lap. A receiver that slept for 256 laps took a later message for its own, freed its place for a lap that was over,
// and every message behind was stuck.
it('a receiver that sleeps for 256 laps in the midst of receiving blocks no channel', () => {
  const { words, layout, sender, sleeper, other, indexOf } = scene()
  sender.push(0)
  const take = asleepBefore(sleeper, () => {
    for (let message = 0; message < 256 * 4; message++) {
      expect(indexOf(other.take())).toBe(message % 4)
      sender.push((message + 1) % 4)
    }
  })
  expect(indexOf(take)).toBe(0)
  expect(words[layout.firstChannel + channelHead]).toBe(256 * 4 + 1)
  for (let index = 0; index < 9; index++) {
    expect(sender.push(index)).toBe(true)
    expect(indexOf(other.take())).toBe(index)
  }
})

// That later message need not be the next one. Its place was freed and filled again while the head was still behind it, and every message was stuck.
it('a receiver that wakes with a message of a full channel, ahead of its head, blocks it neither', () => {
  const { sender, sleeper, other, indexOf } = scene()
  sender.push(0)
  const take = asleepBefore(sleeper, () => {
    for (let message = 0; message < 256 * 4 - 3; message++) {
      expect(indexOf(other.take())).toBe(message % 64)
      sender.push((message + 1) % 64)
    }
    for (let message = 256 * 4 - 2; message <= 256 * 4; message++) expect(sender.push(message % 64)).toBe(true)
    expect(sender.push(63)).toBe(false)
  })
  expect(indexOf(take)).toBe((256 * 4) % 64)
  for (let message = 256 * 4 - 3; message < 256 * 4; message++) expect(indexOf(other.take())).toBe(message % 64)
  const sent = [1, 2, 3, 4, 5].filter((index) => sender.push(index))
  expect(sent).toEqual([1, 2, 3, 4])
  expect(sent.map(() => indexOf(other.take()))).toEqual(sent)
  expect(other.take()).toBe(-1)
})

function scene() {
  const layout = layoutOf({ blocks: 64, blockBytes: 64, threads: 3, channels: 1, rings: 0, channelPlaces: 4, isTraced: 0 })
  const words = new Int32Array(new SharedArrayBuffer(layout.words * 4))
  format(words, layout)
  const [sender, sleeper, other] = [1, 2, 3].map((seat) => new Channel(words, layout, 0, seat)) as [Channel, Channel, Channel]
  const indexOf = (handle: number) => (handle < 0 ? handle : handle & (layout.epochStep - 1))
  return { words, layout, sender, sleeper, other, indexOf }
}

/** What a receiver takes that sleeps between its look at a message and its mark, while `meanwhile` runs. */
function asleepBefore(sleeper: Channel, meanwhile: () => void): number {
  const original = Atomics.compareExchange
  const sleep = vi.spyOn(Atomics, 'compareExchange').mockImplementationOnce(((...parameters: Parameters<typeof original>) => {
    meanwhile()
    return original(...parameters)
  }) as typeof original)
  const handle = sleeper.take()
  sleep.mockRestore()
  return handle
}
