import type { SharedPoolStats } from '@pool/shared'
import { quantum } from './deck.js'
import type { Engine } from './engine.js'
import { element } from './page.js'

/** The states of a block, in the order of the dots. */
const holders = [
  { name: 'worker', label: 'worker' },
  { name: 'flying', label: 'in flight' },
  { name: 'audio', label: 'audio thread' },
  { name: 'scope', label: 'scope' },
  { name: 'dead', label: 'hands of the dead' },
  { name: 'rows', label: 'free, in rows at hand' },
  { name: 'free', label: 'free' }
] as const
type Holder = (typeof holders)[number]['name']

const meters = {
  ahead: 'sound ahead',
  rowHits: 'hits in own rows',
  fragmentation: 'fragmentation',
  underruns: 'underruns',
  acquire: 'acquire + release',
  reaped: 'blocks reaped'
} as const
type Meter = keyof typeof meters

const columns = 128
const readingMs = 100

/** Shows the pool's figures, ten times a second. */
export function showMeters(engine: Engine): void {
  const counts = entries(
    'legend',
    holders.map(({ name, label }) => [name, label])
  )
  const values = entries('meters', Object.entries(meters))
  setInterval(() => {
    if (document.hidden) return
    const stats = engine.stats()
    const blocks = blocksByHolder(engine, stats)
    for (const { name } of holders) write(counts, name, String(blocks[name]))
    drawDots(blocks)
    for (const [name, [value, unit]] of Object.entries(readings(engine, stats))) write(values, name, value, unit)
  }, readingMs)
}

/** Empty entries of a description list, before anything plays. */
export function layMeters(): void {
  const none = entries('meters', Object.entries(meters))
  for (const name of none.keys()) write(none, name, '–')
}

function readings(engine: Engine, stats: SharedPoolStats): Record<Meter, readonly [value: string, unit?: string]> {
  const aheadMs = (1000 * quantum * stats.inFlight) / engine.context.sampleRate
  return {
    ahead: [aheadMs.toFixed(0), 'ms'],
    rowHits: [(100 * hitRatio(stats)).toFixed(1), '%'],
    fragmentation: [(100 * (stats.fragmentationRatio ?? 0)).toFixed(0), '%'],
    underruns: [String(engine.count('underruns'))],
    acquire: [(engine.count('acquireTenthsNs') / 10).toFixed(0), 'ns'],
    reaped: [String(engine.reapedBlocks), `of ${engine.deaths} dead`]
  }
}

/** The share of the blocks with sound that a worker had at hand. The acquires that it times would make it look better: they are never sent. */
function hitRatio({ threads }: SharedPoolStats): number {
  const makers = threads.filter(({ acquisitions }) => acquisitions > 0)
  const sum = (figure: 'sent' | 'refills') => makers.reduce((total, thread) => total + thread[figure], 0)
  return Math.max(0, 1 - sum('refills') / Math.max(1, sum('sent')))
}

function blocksByHolder(engine: Engine, stats: SharedPoolStats): Record<Holder, number> {
  const blocks = { worker: 0, flying: stats.inFlight, audio: 0, scope: 0, dead: 0, rows: stats.stranded, free: 0 }
  for (const { seat, out } of stats.threads) {
    const role = engine.seats.get(seat)
    if (role !== undefined && role !== 'page') blocks[role] += out
  }
  // Threads went on while they were counted; the last figure makes up for it.
  const others = blocks.worker + blocks.flying + blocks.audio + blocks.scope + blocks.dead + blocks.rows
  return { ...blocks, free: Math.max(0, stats.capacity - others) }
}

function drawDots(blocks: Record<Holder, number>): void {
  const canvas = element<HTMLCanvasElement>('dots')
  const context = canvas.getContext('2d')
  if (context === null) return
  const across = canvas.clientWidth > 700 ? columns : columns / 2
  const total = holders.reduce((sum, { name }) => sum + blocks[name], 0)
  const cell = (canvas.clientWidth * devicePixelRatio) / across
  const [width, height] = [Math.round(cell * across), Math.round(cell * Math.ceil(total / across))]
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  context.clearRect(0, 0, width, height)
  let at = 0
  for (const { name } of holders) {
    context.fillStyle = colourOf(name)
    context.beginPath()
    for (const end = at + blocks[name]; at < end; at++) {
      const [x, y] = [((at % across) + 0.5) * cell, (Math.floor(at / across) + 0.5) * cell]
      context.moveTo(x + cell * 0.34, y)
      context.arc(x, y, cell * 0.34, 0, 2 * Math.PI)
    }
    context.fill()
  }
}

/** A colour of the style sheet, for the scheme in use: a canvas does not know `light-dark()`. */
export function colourOf(name: string): string {
  const probe = element('dots')
  probe.style.color = `var(--${name})`
  return getComputedStyle(probe).color
}

function entries(list: string, items: readonly (readonly [name: string, label: string])[]): Map<string, HTMLElement> {
  const values = new Map<string, HTMLElement>()
  const rows = items.map(([name, label]) => {
    const [row, term, value] = [document.createElement('div'), document.createElement('dt'), document.createElement('dd')]
    term.textContent = label
    row.style.setProperty('--hue', `var(--${name})`)
    row.dataset.name = name
    row.append(term, value)
    values.set(name, value)
    return row
  })
  element(list).replaceChildren(...rows)
  return values
}

function write(values: ReadonlyMap<string, HTMLElement>, name: string, value: string, unit?: string): void {
  const into = values.get(name)
  if (into === undefined) return
  const text = unit === undefined ? value : `${value} ${unit}`
  if (into.textContent === text) return
  into.textContent = unit === undefined ? value : `${value} `
  if (unit === undefined) return
  const small = document.createElement('small')
  small.textContent = unit
  into.append(small)
}
