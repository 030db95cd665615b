import { SharedPool, type SharedPoolToken } from '@pool/shared'
import { channel } from './channels.js'
import { quantum } from './deck.js'
import { drawSpectrum, drawWave, type Palette } from './scope-drawing.js'
import { Spectrum } from './spectrum.js'

/** The first message from the page, which starts the scope. */
export interface ScopeStart {
  readonly token: SharedPoolToken
  readonly sampleRate: number
  readonly wave: OffscreenCanvas
  readonly spectrum: OffscreenCanvas
  /** From the audio thread, for the modes without a pool. */
  readonly port: MessagePort
}

/** Later messages from the page. */
export type ScopeOrder =
  | { readonly palette: Palette }
  | { readonly canvas: 'wave' | 'spectrum'; readonly width: number; readonly height: number }

/** Messages to the page, some times a second; before them, once, the scope's seat in the pool. */
export interface ScopeReading {
  /** The loudest frequency, in Hz; 0 in silence. */
  readonly peakHz: number
  /** 0..1. */
  readonly loudness: number
}

/** Blocks that the scope keeps to draw: 43 ms at 48 kHz. */
const windowBlocks = 16
const readingMs = 200

/** The sound that is shown, the oldest block first: views of blocks that this thread holds, or arrays that came by message. */
const shown: { readonly samples: Float32Array; readonly handle: number }[] = []
const analysis = new Spectrum(windowBlocks * quantum)
let start: ScopeStart | undefined
let pool: SharedPool<Float32Array>
let palette: Palette | undefined
let toldAt = 0

globalThis.onmessage = ({ data }: MessageEvent<ScopeStart | ScopeOrder>) => {
  if ('palette' in data) palette = data.palette
  else if ('canvas' in data) {
    const canvas = start?.[data.canvas]
    if (canvas !== undefined) Object.assign(canvas, { width: data.width, height: data.height })
  } else attach(data)
}

function attach(given: ScopeStart): void {
  start = given
  pool = SharedPool.attach<Float32Array>(start.token)
  postMessage(pool.seat)
  start.port.onmessage = ({ data }: MessageEvent<Float32Array>) => show(data, -1)
  // A page out of sight gets no frames; the blocks go back nevertheless.
  setInterval(takeBlocks, 50)
  requestAnimationFrame(draw)
}

function takeBlocks(): void {
  for (let handle = pool.receive(channel.toScope); handle >= 0; handle = pool.receive(channel.toScope)) show(pool.view(handle), handle)
}

function show(samples: Float32Array, handle: number): void {
  shown.push({ samples, handle })
  while (shown.length > windowBlocks) {
    const { handle: oldest } = shown.shift() as (typeof shown)[number]
    if (oldest >= 0) pool.release(oldest)
  }
}

/** The mean of both channels, where it lies: nothing is copied. */
function sampleAt(at: number): number {
  const samples = shown[Math.floor(at / quantum)]?.samples
  const place = at % quantum
  return samples === undefined ? 0 : ((samples[place] as number) + (samples[quantum + place] as number)) / 2
}

function draw(): void {
  takeBlocks()
  if (start !== undefined && palette !== undefined) {
    const magnitudes = analysis.analyse(sampleAt)
    drawWave(start.wave, sampleAt, analysis.size, palette)
    drawSpectrum(start.spectrum, magnitudes, start.sampleRate, palette)
    tell(start.sampleRate)
  }
  requestAnimationFrame(draw)
}

function tell(sampleRate: number): void {
  const now = performance.now()
  if (now - toldAt < readingMs) return
  toldAt = now
  let loudness = 0
  for (let at = 0; at < analysis.size; at++) loudness = Math.max(loudness, Math.abs(sampleAt(at)))
  const peakHz = loudness < 0.001 ? 0 : (analysis.peakBin() * sampleRate) / analysis.size
  postMessage({ peakHz, loudness } satisfies ScopeReading)
}
