import { bindControls, choose, layControls } from './controls.js'
import { modes } from './deck.js'
import { Engine } from './engine.js'
import { colourOf, layMeters, showMeters } from './meters.js'
import { element, log, notice } from './page.js'

const play = element<HTMLButtonElement>('play')
const canvases = ['wave', 'spectrum'] as const
const dark = matchMedia('(prefers-color-scheme: dark)')
let engine: Engine | undefined

layControls()
layMeters()
play.addEventListener('click', () => void toggle())
document.addEventListener('keydown', pressed)
if (!crossOriginIsolated) {
  play.disabled = true
  notice(
    'This page has no shared memory: it was served without Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or not from https or localhost. `pnpm audio` starts it with both headers.'
  )
}

async function toggle(): Promise<void> {
  play.disabled = true
  try {
    engine ??= await start()
    const plays = play.getAttribute('aria-pressed') === 'true'
    await (plays ? engine.pause() : engine.play())
    play.setAttribute('aria-pressed', String(!plays))
    element('play-label').textContent = plays ? 'Play' : 'Pause'
    log(plays ? 'Paused.' : `Plays at ${engine.context.sampleRate / 1000} kHz.`)
  } catch (error) {
    notice(`Sound could not be started: ${error instanceof Error ? error.message : error}`)
  } finally {
    play.disabled = false
  }
}

async function start(): Promise<Engine> {
  const [wave, spectrum] = canvases.map((id) => element<HTMLCanvasElement>(id).transferControlToOffscreen()) as [
    OffscreenCanvas,
    OffscreenCanvas
  ]
  const made = await Engine.start(new AudioContext({ latencyHint: 'interactive' }), { wave, spectrum }, ({ peakHz, loudness }) => {
    element('peak').textContent =
      peakHz === 0 ? 'silence' : `loudest at ${peakHz.toFixed(0)} Hz · peak ${(20 * Math.log10(loudness)).toFixed(0)} dB`
  })
  bindControls(made)
  showMeters(made)
  const paint = () => {
    const [line, from, to, grid, text] = ['worker', 'audio', 'scope', 'edge', 'soft'].map(colourOf) as [
      string,
      string,
      string,
      string,
      string
    ]
    made.tellScope({ palette: { line, from, to, grid, text } })
  }
  dark.addEventListener('change', paint)
  paint()
  for (const canvas of canvases) {
    new ResizeObserver(([entry]) => {
      const { inlineSize, blockSize } = entry?.contentBoxSize[0] ?? { inlineSize: 0, blockSize: 0 }
      made.tellScope({ canvas, width: Math.round(inlineSize * devicePixelRatio), height: Math.round(blockSize * devicePixelRatio) })
    }).observe(element(canvas))
  }
  // For the console, the tests and the measurements.
  Object.assign(globalThis, { engine: made })
  return made
}

function pressed(event: KeyboardEvent): void {
  const { target, key, repeat } = event
  if (repeat || event.ctrlKey || event.metaKey || event.altKey) return
  if (target instanceof HTMLInputElement || (target instanceof HTMLButtonElement && key === ' ')) return
  const mode = modes[Number(key) - 1]
  if (key === ' ') play.click()
  else if (key === 'k') element('kill').click()
  else if (key === 'g') element('garbage').click()
  else if (mode !== undefined) choose('mode', mode)
  else return
  event.preventDefault()
}
