import { expect, it, vi } from 'vitest'
import { Channel } from '../../src/channel.js'
import { channelHead, format, layoutOf } from '../../src/layout.js'

// A message knows 8 bits of its lap. A receiver that slept for 256 laps took a later message for its own, freed its place for a lap that was over,
// and every message behind was stuck.
it('a receiver that sleeps for 256 laps in the midst of receiving blocks no channel', () => {
  const layout = layoutOf({ blocks: 64, blockBytes: 64, threads: 3, channels: 1, rings: 0, channelPlaces: 4, isTraced: 0 })
  const words = new Int32Array(new SharedArrayBuffer(layout.words * 4))
  format(words, layout)
  const [sender, sleeper, other] = [1, 2, 3].map((seat) => new Channel(words, layout, 0, seat)) as [Channel, Channel, Channel]
  const indexOf = (handle: number) => (handle < 0 ? handle : handle & (layout.epochStep - 1))
  sender.push(0)
  const original = Atomics.compareExchange
  const sleep = vi.spyOn(Atomics, 'compareExchange').mockImplementationOnce(((...parameters: Parameters<typeof original>) => {
    for (let message = 0; message < 256 * 4; message++) {
      expect(indexOf(other.take())).toBe(message % 4)
      sender.push((message + 1) % 4)
    }
    return original(...parameters)
  }) as typeof original)
  expect(indexOf(sleeper.take())).toBe(0)
  sleep.mockRestore()
  expect(words[layout.firstChannel + channelHead]).toBe(256 * 4 + 1)
  for (let index = 0; index < 9; index++) {
    expect(sender.push(index)).toBe(true)
    expect(indexOf(other.take())).toBe(index)
  }
})
