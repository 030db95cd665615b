import { SharedPool, type SharedPoolStats, type SharedPoolToken } from '@pool/shared'
import type { PlayerOptions, PlayerOrder } from './audio-worklet.js'
import workletUrl from './audio-worklet.ts?worker&url'
import { blocksAhead } from './channels.js'
import { Deck, type Mode, modes, quantum, type Source, sources, word } from './deck.js'
import filterBytes from './kernel/filter.as.ts?bytes'
import { kernelMemory } from './kernel/kernel.js'
import type { ScopeOrder, ScopeReading, ScopeStart } from './scope-worker.js'
import type { SynthOrder, SynthStart } from './synth-worker.js'
import type { Recording } from './synthesizer.js'

/** Blocks of the pool; a multiple of 128 × threads, so that a row has 16 of them. */
const blocks = 1024
/** Threads at once: this page, the audio thread, the scope, a worker and a spare one, and three that are dying. */
const threads = 8
/** How long a worker that is to be broken has to notice. */
const catchMs = 250
/** How long the spare worker has to take over from a dead one: it needs 40 ms where it has a processor. */
const takeoverMs = 5000

/** A worker that makes sound. */
interface SynthThread {
  readonly id: number
  readonly worker: Worker
  readonly ready: Promise<number>
  /** Resolves to how many blocks were given back, once it is dead. */
  readonly reaped: Promise<number>
}

/** The end of a worker, and its blocks. */
export interface Death {
  readonly id: number
  /** Blocks in its hands when it was ended. */
  readonly held: number
  /** The worker that goes on in its place. */
  readonly successor: number
  /** Resolves once its death is proven and its blocks are given back. */
  readonly proven: Promise<{ readonly reaped: number; readonly afterMs: number }>
}

/** Where to draw. */
export interface ScopeCanvases {
  readonly wave: OffscreenCanvas
  readonly spectrum: OffscreenCanvas
}

/**
 * Everything that plays: the memory, the pool, the audio thread and the workers.
 *
 *   worker ── channel 0 ──▶ audio thread ── channel 1 ──▶ scope ── release ──▶ the pool, where the worker acquires
 */
export class Engine {
  readonly context: AudioContext
  readonly deck: Deck
  readonly pool: SharedPool<Float32Array>
  /** The thread on each seat of the pool. */
  readonly seats = new Map<number, 'page' | 'worker' | 'audio' | 'scope' | 'dead'>()
  /** Blocks that came back from dead threads. */
  reapedBlocks = 0
  /** Workers that were ended. */
  deaths = 0
  readonly #scope: Worker
  readonly #player: AudioWorkletNode
  readonly #reaps: Promise<number>[] = []
  #recording: Recording | undefined
  /** The worker that makes sound, and a spare one: they settle by themselves which is which. */
  readonly #synths: SynthThread[] = []
  #dying = 0
  #lastId = 0

  private constructor(context: AudioContext, deck: Deck, canvases: ScopeCanvases, onReading: (reading: ScopeReading) => void) {
    this.context = context
    this.deck = deck
    const { memory } = deck
    this.pool = SharedPool.create({
      ...{ name: 'sound', type: Float32Array, shape: [2, quantum], blocks, threads, memory },
      ...{ channels: 2, channelCapacity: blocksAhead }
    })
    this.seats.set(this.pool.seat, 'page')
    this.#player = this.#makePlayer()
    this.#scope = this.#startScope(canvases, onReading)
    this.#startSynth()
    this.#startSynth()
  }

  /** Starts all threads, and resolves once sound is made. The context is suspended until {@link Engine.play}. */
  static async start(context: AudioContext, canvases: ScopeCanvases, onReading: (reading: ScopeReading) => void): Promise<Engine> {
    await context.audioWorklet.addModule(workletUrl)
    const engine = new Engine(context, new Deck(kernelMemory()), canvases, onReading)
    await Promise.any(engine.#synths.map(({ ready }) => ready))
    return engine
  }

  /** Plays, or goes on playing. */
  play(): Promise<void> {
    return this.context.resume()
  }

  /** Pauses: the audio thread stands still, and all others wait for it. */
  pause(): Promise<void> {
    return this.context.suspend()
  }

  setSource(source: Source): void {
    Atomics.store(this.deck.words, word.source, sources.indexOf(source))
  }

  setMode(mode: Mode): void {
    Atomics.store(this.deck.words, word.mode, modes.indexOf(mode))
  }

  /** Hands a decoded file to the workers, by one copy in shared memory. */
  setRecording(audio: AudioBuffer): void {
    const frames = audio.length
    const samples = new Float32Array(new SharedArrayBuffer(2 * frames * 4))
    samples.set(audio.getChannelData(0))
    samples.set(audio.getChannelData(Math.min(1, audio.numberOfChannels - 1)), frames)
    this.#recording = { samples, frames }
    for (const { worker } of this.#synths) worker.postMessage({ recording: this.#recording } satisfies SynthOrder)
  }

  tellScope(what: ScopeOrder): void {
    this.#scope.postMessage(what)
  }

  /** Whether there is a spare worker that could take over at once. */
  get mayKill(): boolean {
    return this.#synths.length === 2
  }

  /**
   * Ends the worker in the midst of work: it gets stuck, with blocks in its hands, and the spare one notices and takes over. Chromium writes on for two
   * seconds; the blocks come back when the worker's Web Lock is granted to the page. Undefined while no spare worker is ready.
   */
  async kill(): Promise<Death | undefined> {
    if (!this.mayKill) return undefined
    const { words } = this.deck
    await Promise.all(this.#synths.map(({ ready }) => ready))
    const owner = () => this.#synths.findIndex(({ id }) => id === Atomics.load(words, word.ownerId))
    let at = owner()
    // On a busy machine this one can have ended before the spare worker noticed the last death.
    for (const end = performance.now() + takeoverMs; at < 0 && performance.now() < end; at = owner()) await pause(2)
    // Another call was faster.
    if (at < 0 || !this.mayKill) return undefined
    const [doomed] = this.#synths.splice(at, 1) as [SynthThread]
    const [successor] = this.#synths as [SynthThread]
    Atomics.store(words, word.stuckId, doomed.id)
    for (const end = performance.now() + catchMs; Atomics.load(words, word.ownerId) === doomed.id && performance.now() < end; )
      await pause(2)
    const doomedSeat = await doomed.ready
    const held = this.pool.stats().threads[doomedSeat - 1]?.out ?? 0
    const endedAt = performance.now()
    doomed.worker.terminate()
    this.seats.set(doomedSeat, 'dead')
    this.deaths++
    this.#dying++
    this.#prepareSpare()
    const proven = doomed.reaped.then((reaped) => {
      this.seats.delete(doomedSeat)
      this.reapedBlocks += reaped
      this.#dying--
      this.#prepareSpare()
      return { reaped, afterMs: performance.now() - endedAt }
    })
    return { id: doomed.id, held, successor: successor.id, proven }
  }

  stats(): SharedPoolStats {
    return this.pool.stats()
  }

  /** A counter of the deck. */
  count(name: 'quanta' | 'underruns' | 'acquireTenthsNs'): number {
    return Atomics.load(this.deck.words, word[name])
  }

  /** Ends all threads; resolves to the pool's figures once each death is proven and every block is given back. */
  async close(): Promise<SharedPoolStats> {
    for (const { worker } of this.#synths) worker.terminate()
    this.#scope.terminate()
    await this.context.close()
    await Promise.all(this.#reaps)
    return this.pool.stats()
  }

  #prepareSpare(): void {
    // Each seat that is not the dead's is taken by then: the page, audio, scope, a worker and its spare.
    if (!this.mayKill && this.#dying <= threads - 5) this.#startSynth()
  }

  #startSynth(): void {
    const id = ++this.#lastId
    const worker = new Worker(new URL('./synth-worker.ts', import.meta.url), { type: 'module', name: `synth ${id}` })
    const { token, reaped } = this.#watch(worker)
    const { port1, port2 } = new MessageChannel()
    this.#player.port.postMessage({ synth: port2 } satisfies PlayerOrder, [port2])
    const ready = new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data: seat }: MessageEvent<number>) => {
        this.seats.set(seat, 'worker')
        resolve(seat)
      }
      worker.onerror = ({ message }) => reject(new Error(`worker ${id}: ${message}`))
    })
    const { memory } = this.deck
    worker.postMessage({ id, memory, token, sampleRate: this.context.sampleRate, port: port1 } satisfies SynthStart, [port1])
    if (this.#recording !== undefined) worker.postMessage({ recording: this.#recording } satisfies SynthOrder)
    this.#synths.push({ id, worker, ready, reaped })
  }

  #startScope(canvases: ScopeCanvases, onReading: (reading: ScopeReading) => void): Worker {
    const worker = new Worker(new URL('./scope-worker.ts', import.meta.url), { type: 'module', name: 'scope' })
    const { token } = this.#watch(worker)
    const { port1, port2 } = new MessageChannel()
    this.#player.port.postMessage({ scope: port2 } satisfies PlayerOrder, [port2])
    worker.onmessage = ({ data }: MessageEvent<ScopeReading | number>) => {
      if (typeof data === 'number') this.seats.set(data, 'scope')
      else onReading(data)
    }
    const start: ScopeStart = { token, sampleRate: this.context.sampleRate, ...canvases, port: port1 }
    worker.postMessage(start, [port1, canvases.wave, canvases.spectrum])
    return worker
  }

  #makePlayer(): AudioWorkletNode {
    const { token } = this.#watch(this.context)
    const { memory } = this.deck
    const processorOptions: PlayerOptions = { module: new WebAssembly.Module(filterBytes), memory, token }
    const player = new AudioWorkletNode(this.context, 'player', { numberOfInputs: 0, outputChannelCount: [2], processorOptions })
    player.port.onmessage = ({ data: seat }: MessageEvent<number>) => void this.seats.set(seat, 'audio')
    player.connect(this.context.destination)
    return player
  }

  #watch(thread: Worker | AudioContext): { readonly token: SharedPoolToken; readonly reaped: Promise<number> } {
    const token = this.pool.token(thread)
    const reaped = this.pool.watch(thread)
    this.#reaps.push(reaped)
    return { token, reaped }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
