/** Colours of the scope, as CSS has them. */
export interface Palette {
  readonly line: string
  readonly from: string
  readonly to: string
  readonly grid: string
  readonly text: string
}

const lowestHz = 40
const floorDb = -78
/** How much larger than life the waveform is drawn. */
const zoom = 1.5
const labelledHz = [100, 1000, 10_000]

/** Draws the waveform, from where it first rises through zero, so that it stands still. */
export function drawWave(canvas: OffscreenCanvas, sampleAt: (at: number) => number, size: number, palette: Palette): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const { width, height } = canvas
  context.clearRect(0, 0, width, height)
  context.strokeStyle = palette.grid
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(0, height / 2)
  context.lineTo(width, height / 2)
  context.stroke()
  const length = size / 2
  let first = 0
  while (first < length - 1 && !(sampleAt(first) < 0 && sampleAt(first + 1) >= 0)) first++
  if (first === length - 1) first = 0
  context.strokeStyle = palette.line
  context.lineWidth = Math.max(2, height / 90)
  context.lineJoin = 'round'
  context.beginPath()
  for (let at = 0; at < length; at++)
    context.lineTo((at / (length - 1)) * width, height / 2 - Math.max(-1, Math.min(1, sampleAt(first + at) * zoom)) * height * 0.48)
  context.stroke()
}

/** Draws the spectrum as bars, octaves of equal width, in decibels. */
export function drawSpectrum(canvas: OffscreenCanvas, magnitudes: Float32Array, sampleRate: number, palette: Palette): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const { width, height } = canvas
  const highestHz = sampleRate / 2
  const binHz = highestHz / magnitudes.length
  const scale = Math.max(1, height / 220)
  const bottom = height - 18 * scale
  const octaves = Math.log(highestHz / lowestHz)
  context.clearRect(0, 0, width, height)
  const fill = context.createLinearGradient(0, bottom, 0, 0)
  fill.addColorStop(0, palette.from)
  fill.addColorStop(1, palette.to)
  context.fillStyle = fill
  const bars = Math.max(24, Math.min(96, Math.floor(width / (9 * scale))))
  for (let bar = 0; bar < bars; bar++) {
    const from = (lowestHz * Math.exp((bar / bars) * octaves)) / binHz
    const to = (lowestHz * Math.exp(((bar + 1) / bars) * octaves)) / binHz
    const level = Math.max(0, 1 - (20 * Math.log10(loudest(magnitudes, from, to) + 1e-9)) / floorDb)
    const tall = Math.max(scale, Math.min(1, level) * (bottom - 6 * scale))
    context.fillRect((bar / bars) * width, bottom - tall, width / bars - 2 * scale, tall)
  }
  context.fillStyle = palette.text
  context.font = `${11 * scale}px ui-monospace, monospace`
  for (const hz of labelledHz) {
    context.fillText(hz >= 1000 ? `${hz / 1000} kHz` : `${hz} Hz`, (Math.log(hz / lowestHz) / octaves) * width, height - 4 * scale)
  }
}

/** The loudest bin between two places; between bins, a mean of both neighbours. */
function loudest(magnitudes: Float32Array, from: number, to: number): number {
  if (Math.ceil(from) >= to) {
    const below = Math.floor(from)
    const part = from - below
    return (magnitudes[below] ?? 0) * (1 - part) + (magnitudes[below + 1] ?? 0) * part
  }
  let most = 0
  for (let bin = Math.ceil(from); bin < to && bin < magnitudes.length; bin++) most = Math.max(most, magnitudes[bin] as number)
  return most
}
