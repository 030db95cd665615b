import type { BlockQueue } from './block-queue.js'
import { Channel } from './channel.js'
import { BlockTraces } from './debug/block-traces.js'
import { WatchedRows, watchedQueue } from './debug/watched-rows.js'
import type { Ground } from './ground.js'
import { format, type Layout, readLayout, threadRecord, threadWord } from './layout.js'
import { bufferOf, type SharedWebAssemblyMemory } from './pool-memory.js'
import { Reaper } from './reaper.js'
import { Ring } from './ring.js'
import { SeatRows } from './seat-rows.js'
import { newTag, takeSeat } from './seats.js'

type SharedMemory = SharedArrayBuffer | SharedWebAssemblyMemory

/** Lays a pool in shared memory, with a seat for this thread. */
export function createShared(name: string, memory: SharedMemory, byteOffset: number, layout: Layout): Ground {
  const words = new Int32Array(bufferOf(memory), byteOffset, layout.words)
  format(words, layout)
  const ground = sharedGround(name, memory, byteOffset, layout, takeSeat(words, layout, newTag(words)))
  ground.traces?.poisonAll()
  return ground
}

/** Attaches to the pool that lies in shared memory; `check` throws when its layout is not the expected one. */
export function attachShared(name: string, memory: SharedMemory, byteOffset: number, tag: number, check: (layout: Layout) => void): Ground {
  const layout = readLayout(bufferOf(memory), byteOffset)
  check(layout)
  const words = new Int32Array(bufferOf(memory), byteOffset, layout.words)
  return sharedGround(name, memory, byteOffset, layout, takeSeat(words, layout, tag))
}

function sharedGround(name: string, memory: SharedMemory, byteOffset: number, layout: Layout, seat: number): Ground {
  const words = new Int32Array(bufferOf(memory), byteOffset, layout.words)
  const traces = layout.isTraced === 1 ? new BlockTraces(memory, byteOffset, layout, seat) : undefined
  const rows = traces === undefined ? new SeatRows(words, layout, seat) : new WatchedRows(name, words, layout, seat, traces)
  const channels = Array.from({ length: layout.channels }, (_, number) =>
    number < layout.channels - layout.rings ? new Channel(words, layout, number, seat) : new Ring(words, layout, number, seat)
  )
  const reaper = new Reaper(words, layout, rows, channels)
  const firstByte = byteOffset + layout.dataOffset
  return {
    mode: 'shared',
    seat,
    words,
    layout,
    rows,
    channels: traces === undefined ? channels : channels.map((queue): BlockQueue => watchedQueue(queue, traces, layout.epochStep - 1)),
    views: new Array(layout.blocks).fill(undefined),
    shared: { memory, byteOffset },
    traces,
    placeOf: (index) => ({ buffer: bufferOf(memory), byteOffset: firstByte + index * layout.blockStride }),
    has: () => true,
    newToken: () => ({ memory, byteOffset, tag: newTag(words), grant: undefined, transfer: [] }),
    owns: (token) => token.memory !== undefined && token.byteOffset === byteOffset && bufferOf(token.memory) === bufferOf(memory),
    reap: (tag, key) => reaper.reap(tag, key),
    isLocked: (tag) => reaper.isLocked(tag),
    noteLock: () => Atomics.store(words, threadRecord(seat) + threadWord.locked, 1),
    flush: () => rows.flush(),
    leave: () => {
      rows.close()
      return reaper.vacate(seat)
    }
  }
}
