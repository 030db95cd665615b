import type { Ground } from '../ground.js'
import { format, holderMask, type Layout, layoutOf } from '../layout.js'
import * as refusals from '../refusals.js'
import { takeSeat } from '../seats.js'
import { Courier } from './courier.js'
import { type Grant, takeGrant } from './grant.js'
import { HomingRows } from './homing-rows.js'
import { Hub } from './hub.js'
import { deliver, Outbox, type Post } from './post.js'

/** Makes a pool whose blocks travel, with the thread that all messages go through. */
export function createTransfer(layout: Layout, threads: number): Ground {
  const hub = new Hub(layout, threads)
  const every = Array.from({ length: layout.blocks }, (_, index) => index)
  const { courier, part } = transferPart(layout, every, hub.postOf(1))
  hub.courier = courier
  const tags = new Set<number>()
  return {
    ...part,
    seat: 1,
    newToken: () => {
      const grant = hub.grant()
      tags.add(grant.tag)
      return { memory: undefined, byteOffset: 0, tag: grant.tag, grant, transfer: [grant.port as never] }
    },
    owns: (token) => token.grant !== undefined && tags.has(token.tag),
    reap: (tag) => hub.reap(tag),
    flush: () => hub.flush(),
    leave: () => {
      hub.close()
      return part.leave()
    }
  }
}

/** Joins such a pool. */
export function attachTransfer(name: string, grant: object, check: (layout: Layout) => void): Ground {
  const { sizes, port, batch, blocks, seat } = grant as Grant
  const layout = layoutOf(sizes)
  check(layout)
  takeGrant(grant as Grant)
  const outbox = new Outbox(port, batch)
  const { courier, part } = transferPart(layout, blocks, outbox)
  deliver(port, courier)
  const refuse = () => {
    throw refusals.notTheMaker(name)
  }
  return {
    ...part,
    seat,
    newToken: refuse,
    owns: refuse,
    reap: refuse,
    flush: () => outbox.flush(),
    leave: () => {
      outbox.left()
      return part.leave()
    }
  }
}

/** Records of this thread's own, in the very form that threads share: rows, words, counters. */
function transferPart(layout: Layout, home: readonly number[], post: Post) {
  const words = new Int32Array(layout.words)
  format(words, layout, 0)
  takeSeat(words, layout, 1)
  const rows = new HomingRows(words, layout)
  const views: unknown[] = new Array(layout.blocks).fill(undefined)
  const courier = new Courier(words, layout, rows, home, views, post)
  rows.courier = courier
  const has = (index: number) => ((words[layout.firstBlockWord + index] as number) & holderMask) <= rows.seat
  const part = {
    mode: 'transfer',
    words,
    layout,
    rows,
    channels: Array.from({ length: layout.channels }, (_, number) => courier.channel(number)),
    views,
    shared: undefined,
    traces: undefined,
    placeOf: (index: number) => ({ buffer: courier.memoryOf(index), byteOffset: 0 }),
    has,
    isLocked: () => false,
    noteLock: () => {},
    leave: () => {
      rows.close()
      return courier.close()
    }
  } as const
  return { courier, part }
}
