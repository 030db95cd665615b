import { describe, expect, it } from 'vitest'
import { explore, type Scene } from './explorer.js'
import { poolScene, type Role } from './pool-scene.js'
import { type Stepped, steppedSource } from './stepped-source.js'

const shipped = steppedSource()

const churner: Role['program'] = function* (hands) {
  const handle = yield* hands.acquire()
  if (handle >= 0) yield* hands.release(handle)
}
const burst: Role['program'] = function* (hands) {
  const handles = [yield* hands.acquire(), yield* hands.acquire(), yield* hands.acquire()]
  for (const handle of handles) if (handle >= 0) yield* hands.release(handle)
  yield* hands.rows.flush()
}
const sender: Role['program'] = function* (hands) {
  const handle = yield* hands.acquire()
  if (handle >= 0) yield* hands.send(handle)
}
const receiver: Role['program'] = function* (hands) {
  const handle = yield* hands.receive()
  if (handle >= 0) yield* hands.release(handle)
}
const reaperOf =
  (victim: number): Role['program'] =>
  (hands) =>
    hands.reap(victim)

const pairSender: Role['program'] = function* (hands) {
  const handles = [yield* hands.acquire(), yield* hands.acquire()]
  for (const handle of handles) if (handle >= 0) yield* hands.send(handle)
}
const pairReceiver: Role['program'] = function* (hands) {
  for (let count = 0; count < 2; count++) yield* receiver(hands)
}

const both: Role['program'] = function* (hands) {
  yield* pairSender(hands)
  yield* receiver(hands)
}

interface Scenario {
  readonly name: string
  readonly blocks: number
  readonly deaths: number
  readonly roles: readonly Role[]
  readonly queue?: 'Ring'
}

const scenarios: readonly Scenario[] = [
  { name: 'two threads acquire and release', blocks: 4, deaths: 0, roles: [{ program: churner }, { program: churner }] },
  { name: 'two threads, one block', blocks: 1, deaths: 0, roles: [{ program: churner }, { program: churner }] },
  {
    name: 'three threads acquire and release',
    blocks: 2,
    deaths: 0,
    roles: [{ program: churner }, { program: churner }, { program: churner }]
  },
  {
    name: 'one of two dies anywhere, and is reaped',
    blocks: 2,
    deaths: 1,
    roles: [{ program: churner, mortal: true }, { program: churner }, { program: reaperOf(0), after: 0 }]
  },
  {
    name: 'a thread dies, its reaper dies, and is reaped',
    blocks: 4,
    deaths: 2,
    roles: [
      { program: burst, mortal: true },
      { program: reaperOf(0), after: 0, mortal: true },
      { program: reaperOf(1), after: 1 }
    ]
  },
  {
    name: 'two reap a dead thread at once',
    blocks: 2,
    deaths: 1,
    roles: [
      { program: churner, mortal: true },
      { program: reaperOf(0), after: 0 },
      { program: reaperOf(0), after: 0 }
    ]
  },
  {
    name: 'a receiver dies, its reaper dies, and is reaped',
    blocks: 2,
    deaths: 2,
    roles: [
      { program: both, mortal: true },
      { program: reaperOf(0), after: 0, mortal: true },
      { program: reaperOf(1), after: 1 }
    ]
  },
  { name: 'one sends, one receives', blocks: 2, deaths: 0, roles: [{ program: sender }, { program: receiver }] },
  { name: 'two send, one receives', blocks: 4, deaths: 0, roles: [{ program: sender }, { program: sender }, { program: receiver }] },
  { name: 'one sends, two receive', blocks: 2, deaths: 0, roles: [{ program: sender }, { program: receiver }, { program: receiver }] },
  {
    name: 'a sender dies anywhere while one receives, and is reaped',
    blocks: 2,
    deaths: 1,
    roles: [{ program: sender, mortal: true }, { program: receiver }, { program: reaperOf(0), after: 0 }]
  },
  {
    name: 'a receiver dies anywhere while one sends, and is reaped',
    blocks: 2,
    deaths: 1,
    roles: [{ program: receiver, mortal: true }, { program: sender }, { program: reaperOf(0), after: 0 }]
  },
  {
    name: 'one sends two by a ring, one receives',
    blocks: 2,
    deaths: 0,
    queue: 'Ring',
    roles: [{ program: pairSender }, { program: pairReceiver }]
  },
  {
    name: 'the sender of a ring dies anywhere while one receives, and is reaped',
    blocks: 2,
    deaths: 1,
    queue: 'Ring',
    roles: [{ program: pairSender, mortal: true }, { program: pairReceiver }, { program: reaperOf(0), after: 0 }]
  },
  {
    name: 'the receiver of a ring dies, its reaper dies, and is reaped',
    blocks: 2,
    deaths: 2,
    queue: 'Ring',
    roles: [
      { program: both, mortal: true },
      { program: reaperOf(0), after: 0, mortal: true },
      { program: reaperOf(1), after: 1 }
    ]
  }
]

/** A second to two minutes each: for `test:deep` alone. */
const largeScenarios: readonly Scenario[] = [
  {
    name: 'the receiver of a ring dies anywhere while one sends, and is reaped',
    blocks: 2,
    deaths: 1,
    queue: 'Ring',
    roles: [{ program: pairReceiver, mortal: true }, { program: pairSender }, { program: reaperOf(0), after: 0 }]
  },
  {
    name: 'one of two with three blocks dies anywhere, and is reaped',
    blocks: 4,
    deaths: 1,
    roles: [{ program: burst, mortal: true }, { program: churner }, { program: reaperOf(0), after: 0 }]
  },
  {
    name: 'two reap a dead thread at once, and one of them dies, and is reaped',
    blocks: 2,
    deaths: 2,
    roles: [
      { program: churner, mortal: true },
      { program: reaperOf(0), after: 0, mortal: true },
      { program: reaperOf(0), after: 0 },
      { program: reaperOf(1), after: 1 }
    ]
  }
]

describe('every interleaving of', () => {
  it.each(process.env.POOL_DEEP === '1' ? [...scenarios, ...largeScenarios] : scenarios)(
    '$name leaves each block in one place',
    { timeout: 300_000 },
    ({ blocks, deaths, roles, queue }) => {
      const { violation, states } = explore(poolScene(shipped, blocks, roles, queue), deaths)
      expect(violation?.message).toBeUndefined()
      expect(states).toBeGreaterThan(50)
    }
  )
})

/** The source with one passage in another order. */
function faulty(file: string, right: string, wrong: string) {
  return steppedSource((source, name) => {
    if (name !== file) return source
    expect(source).toContain(right)
    return source.replace(right, wrong)
  })
}

describe('the explorer finds', () => {
  const dying: readonly Role[] = [
    { program: burst, mortal: true },
    { program: reaperOf(0), after: 0 }
  ]

  it('a block lost, when a row is said to be empty before its blocks have a holder', { timeout: 300_000 }, () => {
    const loop = '    for (let slot = count - 1; slot >= left; slot--) {\n'
    const source = faulty('seat-rows', loop, `    words[row + rowCount] = left\n${loop}`)
    expect(explore(poolScene(source, 4, dying), 1).violation?.message).toMatch(/lost/)
  })

  it('a block lost, when it has no holder any more before its slot is written', { timeout: 300_000 }, () => {
    const slot = '      words[row + rowSlots + count + slot] = index\n      words[row + rowCount] = count + slot + 1\n'
    const word = '      words[at] = (words[at] as number) & -this.#epochStep\n'
    const source = faulty('seat-rows', slot + word, word + slot)
    expect(explore(poolScene(source, 4, dying), 1).violation?.message).toMatch(/lost/)
  })

  it('two owners, when a row is claimed without a compare-and-swap', { timeout: 300_000 }, () => {
    const right = 'Atomics.compareExchange(words, row, rowStocked, this.seat) === rowStocked'
    const source = faulty('seat-rows', right, '(Atomics.store(words, row, this.seat), true)')
    const roles = [{ program: churner }, { program: churner }]
    expect(explore(poolScene(source, 1, roles), 0).violation?.message).toMatch(/two owners|twice|refused/)
  })

  it('a block lost, when a sender shows no mark before it takes the place', { timeout: 300_000 }, () => {
    const source = faulty('reaper', 'for (const channel of this.#channels) channel.settle(seat)', '')
    const roles: Role[] = [
      { program: sender, mortal: true },
      { program: reaperOf(0), after: 0 }
    ]
    expect(explore(poolScene(source, 2, roles), 1).violation).toBeDefined()
  })

  it('a block lost, when a ring does not note what it is about to send', { timeout: 300_000 }, () => {
    const source = faulty('ring', '    words[record + pendingAt] = index + 1\n', '')
    const roles: Role[] = [
      { program: sender, mortal: true },
      { program: reaperOf(0), after: 0 }
    ]
    expect(explore(poolScene(source, 2, roles, 'Ring'), 1).violation?.message).toMatch(/in flight/)
  })

  it('messages out of order, when a ring frees the place before the head moves on', { timeout: 300_000 }, () => {
    const head = '    words[record + channelHead] = (head + 1) & wordMask\n'
    const place = '    Atomics.store(words, place, 0)\n'
    const source = faulty('ring', head + place, place + head)
    const roles: Role[] = [{ program: pairReceiver, mortal: true }, { program: pairSender }, { program: reaperOf(0), after: 0 }]
    expect(explore(poolScene(source, 2, roles, 'Ring'), 1).violation).toBeDefined()
  })

  it('two owners in an untagged Treiber stack, by ABA', { timeout: 300_000 }, () => {
    const make = (): Scene => {
      const words = Int32Array.of(1, 0, 2, 3, 0)
      const owners = new Set<number>()
      const own = (index: number) => {
        if (owners.has(index)) throw new Error(`block ${index} has two owners`)
        owners.add(index)
      }
      function* pop(): Stepped<number> {
        for (;;) {
          const head = yield ['read', 0]
          if (head === 0) return 0
          const next = yield ['read', 1 + head]
          if ((yield ['swap', 0, head, next]) === head) {
            own(head)
            return head
          }
        }
      }
      function* push(index: number): Stepped<void> {
        owners.delete(index)
        for (;;) {
          const head = yield ['read', 0]
          yield ['write', 1 + index, head]
          if ((yield ['swap', 0, head, index]) === head) return
        }
      }
      function* taker(): Stepped<void> {
        yield* pop()
        yield* pop()
      }
      function* shuffler(): Stepped<void> {
        const one = yield* pop()
        yield* pop()
        if (one !== 0) yield* push(one)
      }
      return { words, actors: [{ run: taker }, { run: shuffler }], isPrivate: () => false, onDeath: () => {}, judge: () => {} }
    }
    expect(explore(make, 0).violation?.message).toMatch(/two owners/)
  })
})
