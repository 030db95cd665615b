import { format, holderMask, inFlight, type Layout, layoutOf, rowCount, rowSlots, threadRecord } from '../../src/layout.js'
import type { Actor, Scene } from './explorer.js'
import type { Stepped, SteppedChannel, SteppedRows, SteppedSource } from './stepped-source.js'

/** What an actor's program works with. */
export interface Hands {
  readonly rows: SteppedRows
  readonly channel: SteppedChannel
  /** Acquires a block; its handle, or -1. */
  acquire(): Stepped<number>
  /** Releases it. */
  release(handle: number): Stepped<void>
  /** Sends it; releases it when the channel is full. */
  send(handle: number): Stepped<void>
  /** Receives a block; its handle, or -1. */
  receive(): Stepped<number>
  /** Reaps what the actor held. */
  reap(actor: number): Stepped<void>
}

/** A program, and what becomes of its actor. */
export interface Role extends Omit<Actor, 'run'> {
  readonly program: (hands: Hands) => Stepped<void>
}

const tagOf = (actor: number) => actor + 11

/** A pool of `blocks` blocks in rows of two, and one channel, with a seat for each role and one for the judge. */
export function poolScene(
  source: SteppedSource,
  blocks: number,
  roles: readonly Role[],
  queue: 'Channel' | 'Ring' = 'Channel'
): () => Scene {
  const seats = roles.length + 1
  const whole = layoutOf({
    blocks,
    blockBytes: 64,
    threads: seats,
    channels: 1,
    rings: queue === 'Ring' ? 1 : 0,
    channelPlaces: 4,
    isTraced: 0
  })
  // Fewer rows than a pool has, so that less is looked through.
  const layout: Layout = { ...whole, endOfRows: whole.firstRow + (Math.ceil(blocks / 2) + 3) * whole.rowStride }
  const fresh = new Int32Array(layout.words)
  format(fresh, layout)
  for (const actor of roles.keys()) fresh[threadRecord(actor + 1)] = tagOf(actor) << 8
  fresh[threadRecord(seats)] = 5 << 8
  const indexMask = 2 ** layout.indexBits - 1
  const counters = new Set<number>()
  for (let seat = 1; seat <= seats; seat++) for (let word = 1; word < 16; word++) counters.add(threadRecord(seat) + word)
  const isPrivate = (word: number) => counters.has(word)

  return () => {
    const words = fresh.slice()
    const owners = new Map<number, number>()
    const hands = (actor: number): Hands => {
      const rows = new source.SeatRows(words, layout, actor + 1)
      const channel = new source[queue](words, layout, 0, actor + 1)
      const reaper = new source.Reaper(words, layout, rows, [channel])
      const own = (handle: number) => {
        if (handle < 0) return
        const other = owners.get(handle & indexMask)
        if (other !== undefined) throw new Error(`block ${handle & indexMask} has two owners, ${other} and ${actor}`)
        owners.set(handle & indexMask, actor)
      }
      const self: Hands = {
        rows,
        channel,
        *acquire() {
          const handle = yield* rows.take()
          own(handle)
          return handle
        },
        *release(handle) {
          owners.delete(handle & indexMask)
          if (!(yield* rows.give(handle))) throw new Error(`the release of handle ${handle} was refused`)
        },
        *send(handle) {
          owners.delete(handle & indexMask)
          if (yield* channel.push(handle & indexMask)) return
          own(handle)
          yield* self.release(handle)
        },
        *receive() {
          const handle = yield* channel.pop()
          own(handle)
          return handle
        },
        *reap(victim) {
          yield* reaper.reap(tagOf(victim))
        }
      }
      return self
    }
    const actors = roles.map(({ program, ...rest }, actor): Actor => ({ ...rest, run: () => program(hands(actor)) }))
    const onDeath = (actor: number) => {
      for (const [index, owner] of owners) if (owner === actor) owners.delete(index)
    }
    const judge = (dead: readonly boolean[]) => {
      const isReaped = (actor: number) => words[threadRecord(actor + 1)] === 0
      const unreaped = dead.flatMap((isDead, actor) => (isDead && !isReaped(actor) ? [actor] : []))
      const judgeHands = hands(roles.length)
      for (const actor of unreaped) runThrough(judgeHands.reap(actor), words)
      for (const actor of roles.keys()) if (dead[actor] && !isReaped(actor)) throw new Error(`seat ${actor + 1} was not given back`)
      // Threads that live give up what lies in their rows; it must all be there, once.
      const found = new Map<number, string>()
      const find = (index: number, where: string) => {
        if (found.has(index)) throw new Error(`block ${index} is twice in the pool, ${found.get(index)} and ${where}`)
        found.set(index, where)
      }
      for (let row = layout.firstRow; row < layout.endOfRows; row += layout.rowStride) {
        const owner = words[row] as number
        if (dead[owner - 1]) throw new Error(`a row still belongs to the dead in seat ${owner}`)
        for (let slot = 0; slot < (words[row + rowCount] as number); slot++) find(words[row + rowSlots + slot] as number, `row of ${owner}`)
      }
      for (let index = 0; index < blocks; index++) {
        const holder = (words[layout.firstBlockWord + index] as number) & holderMask
        if (holder !== 0) find(index, `held by ${holder}`)
        if (dead[holder - 1]) throw new Error(`block ${index} is still held by the dead in seat ${holder}`)
      }
      if (found.size !== blocks) throw new Error(`${blocks - found.size} blocks are lost`)
      const flying = [...found.values()].filter((where) => where === `held by ${inFlight}`).length
      let received = 0
      while (runThrough(judgeHands.channel.take(), words) >= 0) received++
      if (received !== flying) throw new Error(`${flying} blocks are in flight, and ${received} can be received`)
      // Where no thread that lives has an end of the queue, the next one that takes it finds it in order.
      if (queue === 'Ring' && roles.some((_, actor) => !dead[actor] && words[layout.firstChannel + 1] === actor + 1)) return
      const handle = runThrough(judgeHands.rows.take(), words)
      if (handle < 0) return
      for (let lap = 0; lap < 9; lap++) {
        if (!runThrough(judgeHands.channel.push(handle & indexMask), words)) throw new Error('an empty queue is full')
        if ((runThrough(judgeHands.channel.take(), words) & indexMask) !== (handle & indexMask))
          throw new Error('a block that was sent is not received')
      }
    }
    return { words, actors, isPrivate, onDeath, judge }
  }
}

/** Runs steps without a stop. */
function runThrough<R>(steps: Stepped<R>, words: Int32Array): R {
  let answer = 0
  for (;;) {
    const { value, done } = steps.next(answer)
    if (done) return value
    const at = value[1]
    answer = words[at] as number
    if (value[0] === 'write') words[at] = value[2]
    if (value[0] === 'swap' && answer === value[2]) words[at] = value[3]
  }
}
