import { expect, it } from 'vitest'
import { Channel } from '../../src/channel.js'
import { channelPlacesAt, channelTail, format, layoutOf } from '../../src/layout.js'

// A dead thread's place was freed for the next lap before the head had passed it. In a full channel a writer took it, and every message behind was stuck.
it.each([0, 1])('a sender that died in the midst of sending, its tail moved on by %i, blocks no channel that is full', (movedOn) => {
  const layout = layoutOf({ blocks: 64, blockBytes: 64, threads: 3, channels: 1, rings: 0, channelPlaces: 4, isTraced: 0 })
  const words = new Int32Array(new SharedArrayBuffer(layout.words * 4))
  format(words, layout)
  const [sender, receiver] = [new Channel(words, layout, 0, 1), new Channel(words, layout, 0, 3)]
  // Seat 2 took the first place for block 9, and died.
  words[layout.firstChannel + channelPlacesAt] = (1 << 28) | (2 << 21) | 9
  words[layout.firstChannel + channelTail] = movedOn
  expect([1, 2, 3].map((index) => sender.push(index))).toEqual([true, true, true])
  expect([sender.push(4), receiver.take()]).toEqual([false, -1])
  sender.settle(2)
  const wasTaken = sender.push(4)
  const received: number[] = []
  for (let handle = receiver.take(); handle >= 0; handle = receiver.take()) received.push(handle & (layout.epochStep - 1))
  expect(received).toEqual([9, 1, 2, 3, ...(wasTaken ? [4] : [])])
})
