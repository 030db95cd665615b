import { blockFloats, type Deck, float, position, quantum, type Source } from './deck.js'

/** A decoded file: its left channel, then its right one, in shared memory. */
export interface Recording {
  readonly samples: Float32Array
  readonly frames: number
}

const stepsPerBar = 16
const kickSteps = [0, 6, 8, 14]
const snareSteps = [4, 12]
const hatSteps = [0, 2, 4, 6, 8, 10, 12, 14, 15]
/** Semitones above the root, a step each; the line rests at `-1`. */
const bassLine = [0, -1, 0, 12, -1, 0, -1, 7, 0, -1, 0, 12, -1, 10, 7, 3]
const kickAge = stepsSince(kickSteps)
const snareAge = stepsSince(snareSteps)
const hatAge = stepsSince(hatSteps)

/**
 * Fills a block with the next 128 samples of both channels, and moves the deck's position on. All that it knows of the past is that position,
 * so that another thread can go on where this one ended.
 */
export function synthesize(source: Source, deck: Deck, sampleRate: number, block: Float32Array, recording: Recording | undefined): void {
  if (source === 'tone') playTone(deck, sampleRate, block)
  else if (source === 'drums') playDrums(deck, sampleRate, block)
  else playFile(deck, block, recording)
}

/** Three saws, a little apart in pitch and place. The middle one is so loud that their beating never drowns its lowest tone. */
function playTone({ doubles, floats }: Deck, sampleRate: number, block: Float32Array): void {
  const step = (floats[float.frequencyHz] as number) / sampleRate
  const cycles = doubles[position.cycles] as number
  for (let at = 0; at < quantum; at++) {
    const middle = saw(cycles + at * step, step)
    const below = saw((cycles + at * step) * 0.996, step)
    const above = saw((cycles + at * step) * 1.004, step)
    block[at] = 0.42 * middle + 0.11 * below
    block[quantum + at] = 0.42 * middle + 0.11 * above
  }
  doubles[position.cycles] = cycles + quantum * step
}

/** A saw whose jump is rounded off, so that little of it folds back as aliases (PolyBLEP, Välimäki and Huovilainen 2007). */
function saw(cycles: number, step: number): number {
  const phase = cycles - Math.floor(cycles)
  let value = 2 * phase - 1
  if (phase < step) value -= -((1 - phase / step) ** 2)
  else if (phase > 1 - step) value -= (1 - (1 - phase) / step) ** 2
  return value
}

/** Kick, snare, hat and a bass: each a function of the time since its last step. */
function playDrums({ doubles, floats }: Deck, sampleRate: number, block: Float32Array): void {
  const stepsPerSample = ((floats[float.tempoBpm] as number) * 4) / 60 / sampleRate
  const secondsPerStep = 1 / (stepsPerSample * sampleRate)
  const rootHz = floats[float.frequencyHz] as number
  const steps = doubles[position.steps] as number
  for (let at = 0; at < quantum; at++) {
    const now = steps + at * stepsPerSample
    const step = Math.floor(now)
    const inBar = step % stepsPerBar
    const part = now - step
    const kick = (part + (kickAge[inBar] as number)) * secondsPerStep
    const snare = (part + (snareAge[inBar] as number)) * secondsPerStep
    const hat = (part + (hatAge[inBar] as number)) * secondsPerStep
    const drum = Math.sin(2 * Math.PI * (48 * kick + 6 * (1 - Math.exp(-kick * 34)))) * Math.exp(-kick * 9)
    const noise = noiseAt(Math.floor(now / stepsPerSample))
    const clap = (0.6 * noise + 0.4 * Math.sin(2 * Math.PI * 190 * snare)) * Math.exp(-snare * 22)
    const tick = noise * Math.exp(-hat * 90)
    const middle = 0.8 * drum + 0.36 * clap + bassAt(inBar, part * secondsPerStep, rootHz)
    // Rounded off where all come together, so that nothing goes beyond 1.
    block[at] = Math.tanh(middle + 0.16 * tick)
    block[quantum + at] = Math.tanh(middle + 0.22 * tick)
  }
  // Whole bars are left out, so that no precision is lost as the hours pass.
  doubles[position.steps] = (steps + quantum * stepsPerSample) % (stepsPerBar * 4096)
}

function bassAt(step: number, seconds: number, rootHz: number): number {
  const semitones = bassLine[step] as number
  if (semitones < 0) return 0
  const cycles = (rootHz / 4) * 2 ** (semitones / 12) * seconds
  const body = Math.sin(2 * Math.PI * cycles) + 0.5 * Math.sin(4 * Math.PI * cycles) + 0.25 * Math.sin(6 * Math.PI * cycles)
  return 0.2 * body * Math.exp(-seconds * 7) * Math.min(1, seconds * 400)
}

/** Plays the recording round and round; silence without one. */
function playFile({ doubles }: Deck, block: Float32Array, recording: Recording | undefined): void {
  if (recording === undefined || recording.frames === 0) {
    block.fill(0, 0, blockFloats)
    return
  }
  const { samples, frames } = recording
  let frame = (doubles[position.frames] as number) % frames
  for (let at = 0; at < quantum; at++) {
    block[at] = samples[frame] as number
    block[quantum + at] = samples[frames + frame] as number
    frame = frame + 1 === frames ? 0 : frame + 1
  }
  doubles[position.frames] = frame
}

/** For each step of a bar, how many steps ago one of `hits` was. */
function stepsSince(hits: readonly number[]): number[] {
  return Array.from({ length: stepsPerBar }, (_, step) => Math.min(...hits.map((hit) => (step - hit + stepsPerBar) % stepsPerBar)))
}

/** Noise that depends on nothing but its place: -1..1 (a hash of 32 bits, Wang 2007). */
function noiseAt(frame: number): number {
  let x = (frame ^ 61 ^ (frame >>> 16)) >>> 0
  x = Math.imul(x, 9)
  x ^= x >>> 4
  x = Math.imul(x, 0x27d4eb2d)
  x ^= x >>> 15
  return (x >>> 0) / 2 ** 31 - 1
}
