import { float, type Mode, type Source } from './deck.js'
import type { Engine } from './engine.js'
import { element, log } from './page.js'

const lowestCutoffHz = 200
/** As far as the cutoff slider reaches: below half of the usual sample rates. */
const highestCutoffHz = 18_000
const garbageMs = 1500

const modeNames: Readonly<Record<Mode, string>> = {
  pool: 'the shared pool',
  copy: 'messages, buffers reused',
  none: 'no pool: a new array and a message each'
}

interface Slider {
  readonly show: (value: number) => string
  readonly apply: (engine: Engine, value: number) => void
}

const sliders: Readonly<Record<string, Slider>> = {
  frequency: {
    show: (hz) => `${hz} Hz`,
    apply: ({ deck }, hz) => {
      deck.floats[float.frequencyHz] = hz
    }
  },
  tempo: {
    show: (bpm) => `${bpm} bpm`,
    apply: ({ deck }, bpm) => {
      deck.floats[float.tempoBpm] = bpm
    }
  },
  cutoff: {
    show: (part) => (cutoffHz(part) < 1000 ? `${cutoffHz(part).toFixed(0)} Hz` : `${(cutoffHz(part) / 1000).toFixed(1)} kHz`),
    apply: ({ deck, context }, part) => deck.setCutoff(cutoffHz(part), context.sampleRate)
  },
  volume: {
    show: (percent) => `${percent} %`,
    apply: ({ deck }, percent) => {
      // The ear hears ratios: a square is closer to it than a line.
      deck.floats[float.volumeToCome] = (percent / 100) ** 2
    }
  }
}

/** Shows each slider's value from the first moment on. */
export function layControls(): void {
  for (const [id, { show }] of Object.entries(sliders)) {
    const input = element<HTMLInputElement>(id)
    const write = () => {
      const text = show(input.valueAsNumber)
      element(`${id}-value`).textContent = text
      input.setAttribute('aria-valuetext', text)
    }
    input.addEventListener('input', write)
    write()
  }
}

/** Ties sliders, choices, files, buttons and keys to the player. */
export function bindControls(engine: Engine): void {
  for (const [id, { apply }] of Object.entries(sliders)) {
    const input = element<HTMLInputElement>(id)
    input.addEventListener('input', () => apply(engine, input.valueAsNumber))
    apply(engine, input.valueAsNumber)
  }
  onChoice('source', (source) => engine.setSource(source as Source))
  onChoice('mode', (mode) => {
    engine.setMode(mode as Mode)
    log(`Blocks now travel by ${modeNames[mode as Mode]}.`)
  })
  engine.setMode(chosen('mode') as Mode)
  engine.setSource(chosen('source') as Source)
  bindFiles(engine)
  bindButtons(engine)
}

/** Chooses the option at a place in a group, as if it had been clicked. */
export function choose(group: string, value: string): void {
  element(group).querySelector<HTMLInputElement>(`input[value="${value}"]`)?.click()
}

function chosen(group: string): string {
  return element(group).querySelector<HTMLInputElement>('input:checked')?.value ?? ''
}

function onChoice(group: string, apply: (value: string) => void): void {
  element(group).addEventListener('change', () => apply(chosen(group)))
}

function bindFiles(engine: Engine): void {
  const drop = element('drop')
  const file = element<HTMLInputElement>('file')
  const take = async (taken: File | undefined) => {
    if (taken === undefined) return
    const name = element('file-name')
    name.textContent = `Decoding ${taken.name} …`
    try {
      const audio = await engine.context.decodeAudioData(await taken.arrayBuffer())
      engine.setRecording(audio)
      choose('source', 'file')
      name.textContent = `${taken.name}, ${audio.duration.toFixed(1)} s`
    } catch {
      name.textContent = `${taken.name} is not an audio file that this browser can decode.`
    }
  }
  file.addEventListener('change', () => take(file.files?.[0]))
  // All of the page takes a file: one that is dropped beside the field must not make the browser leave.
  document.addEventListener('dragover', (event) => {
    event.preventDefault()
    drop.classList.add('over')
  })
  document.addEventListener('dragleave', () => drop.classList.remove('over'))
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    drop.classList.remove('over')
    void take(event.dataTransfer?.files[0])
  })
}

function bindButtons(engine: Engine): void {
  const kill = element<HTMLButtonElement>('kill')
  const allow = () => {
    kill.disabled = !engine.mayKill
  }
  kill.addEventListener('click', async () => {
    kill.disabled = true
    const death = await engine.kill()
    allow()
    if (death === undefined) return
    log(`Worker ${death.id} ended with ${death.held} blocks in its hands. Worker ${death.successor} goes on.`)
    const { reaped, afterMs } = await death.proven
    allow()
    log(`Worker ${death.id} is proven dead after ${(afterMs / 1000).toFixed(1)} s: ${reaped} blocks given back.`)
  })
  const garbage = element<HTMLButtonElement>('garbage')
  garbage.addEventListener('click', () => {
    const objects = makeGarbage(garbageMs)
    log(`This page made ${(objects / 1e6).toFixed(1)} million objects in ${garbageMs / 1000} s, and did nothing else.`)
  })
  allow()
  garbage.disabled = false
}

/** Keeps the page's own thread and its garbage collector busy. Returns how many objects it made. */
function makeGarbage(ms: number): number {
  let objects = 0
  const kept: unknown[] = []
  for (const end = performance.now() + ms; performance.now() < end; objects += 1000) {
    kept[objects % 200_000] = Array.from({ length: 1000 }, (_, at) => ({ at, text: `garbage ${at}` }))
  }
  return objects
}

function cutoffHz(part: number): number {
  return lowestCutoffHz * (highestCutoffHz / lowestCutoffHz) ** (part / 1000)
}
