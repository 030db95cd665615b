import { SharedPool, type SharedPoolToken } from '@pool/shared'
import { blocksAhead, channel } from './channels.js'
import { blockFloats, Deck, modes, sources, word } from './deck.js'
import { MessageLink } from './message-link.js'
import { type Recording, synthesize } from './synthesizer.js'

/** The first message from the page, which starts a worker. */
export interface SynthStart {
  readonly id: number
  readonly memory: WebAssembly.Memory
  readonly token: SharedPoolToken
  readonly sampleRate: number
  /** To the audio thread, for the modes without a pool. */
  readonly port: MessagePort
}

/** Later messages from the page. The worker answers once, with its seat in the pool, when it is ready. */
export type SynthOrder = { readonly recording: Recording }

/** How often it looks whether there is room for more sound, or the worker that makes it is stuck. */
const turnMs = 3
/** A worker that took no turn for so long is replaced: a quarter of the sound that is ahead. */
const patienceMs = 40
/** Acquires that are timed together, so that the clock's resolution of 5 µs does not matter. */
const timedAcquires = 2000

let start: SynthStart
let deck: Deck
let pool: SharedPool<Float32Array>
let link: MessageLink
let recording: Recording | undefined
/** A block that found no room in the channel. */
let kept = -1
let turns = 0
/** The other worker's turns when they were seen to change last, and when that was. */
let [seenTurns, seenAt] = [-1, 0]

globalThis.onmessage = ({ data }: MessageEvent<SynthStart | SynthOrder>) => {
  if ('recording' in data) recording = data.recording
  else void attach(data)
}

async function attach(given: SynthStart): Promise<void> {
  start = given
  deck = new Deck(start.memory)
  pool = SharedPool.attach<Float32Array>(start.token)
  link = new MessageLink(start.port)
  await pool.ready
  // Compiled before it is needed: this sound is discarded.
  const { doubles } = deck
  const position = doubles.slice()
  const scratch = new Float32Array(blockFloats)
  for (const source of ['tone', 'drums'] as const)
    for (let count = 0; count < 20; count++) synthesize(source, deck, 48_000, scratch, undefined)
  doubles.set(position)
  postMessage(pool.seat)
  turn()
}

/** Makes as much sound as there is room for if that is this worker's part, else looks whether it has become so; then goes back to the event loop. */
function turn(): void {
  if (isOwner() || takesOver()) makeSound()
  else if (kept >= 0) {
    // Sound of a time that is over.
    pool.release(kept)
    kept = -1
  }
  setTimeout(turn, turnMs)
}

function isOwner(): boolean {
  return Atomics.load(deck.words, word.ownerId) === start.id
}

/** Goes on with the sound where no worker makes it, or the one that does is stuck or dead. No page needs to notice: its thread may be busy. */
function takesOver(): boolean {
  const { words } = deck
  const owner = Atomics.load(words, word.ownerId)
  const ownerTurns = Atomics.load(words, word.ownerTurns)
  const now = performance.now()
  if (ownerTurns !== seenTurns) [seenTurns, seenAt] = [ownerTurns, now]
  const isStuck = Atomics.load(words, word.caughtId) === owner || now - seenAt > patienceMs
  return isStuck && Atomics.compareExchange(words, word.ownerId, owner, start.id) === owner
}

function makeSound(): void {
  Atomics.store(deck.words, word.ownerTurns, (Atomics.load(deck.words, word.ownerTurns) + 1) % 2 ** 29)
  const mode = modes[Atomics.load(deck.words, word.mode)]
  if (mode === 'pool') fillPool()
  else link.fill(mode === 'copy', fillBlock)
  if (turns++ % 32 === 0) timeAcquire()
}

function fillPool(): void {
  for (let count = 0; count < blocksAhead && isOwner(); count++) {
    if (kept < 0) {
      const handle = pool.acquire()
      if (handle < 0) return
      fillBlock(pool.view(handle))
      kept = handle
    }
    if (!pool.send(channel.toAudio, kept)) return
    kept = -1
  }
}

function fillBlock(block: Float32Array): void {
  if (Atomics.load(deck.words, word.stuckId) === start.id) getStuck()
  synthesize(sources[Atomics.load(deck.words, word.source)] ?? 'tone', deck, start.sampleRate, block, recording)
}

/** The fault that the button causes: a loop without end, in which the worker takes blocks, writes to them and gives them back, until the browser ends it. */
function getStuck(): never {
  Atomics.store(deck.words, word.caughtId, start.id)
  for (;;) {
    const held: number[] = []
    for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) {
      pool.view(handle).fill(0)
      if (held.push(handle) === 24) break
    }
    // Asleep most of the time: the demonstration is a death, not a lack of processors.
    Atomics.wait(deck.words, word.caughtId, start.id, 1)
    for (const handle of held) pool.release(handle)
  }
}

function timeAcquire(): void {
  const before = performance.now()
  for (let count = 0; count < timedAcquires; count++) {
    const handle = pool.acquire()
    if (handle >= 0) pool.release(handle)
  }
  const tenths = Math.round(((performance.now() - before) * 1e7) / timedAcquires)
  Atomics.store(deck.words, word.acquireTenthsNs, Math.min(tenths, 2 ** 29))
}
