import { percent, size } from '../advice/in-words.js'
import type { Profile } from '../profile.js'
import { frameText } from './dhat.js'
import { escaped } from './escaped.js'

interface Bar {
  readonly name: string
  bytes: number
  readonly below: Map<string, Bar>
}

const rowHeight = 22
/** Deeper callers say little about a buffer. */
const mostFrames = 24
/** Narrower bars can't be seen. */
const leastRatio = 0.002

/** The bytes by caller, as an SVG without a script: the program at the top, below each caller its callees, and at the end the makers of buffers. */
export function flame({ sites }: Profile): string {
  const root: Bar = { name: 'all Buffers', bytes: 0, below: new Map() }
  for (const { frames, place, maker, bytes } of sites) {
    const callers = frames.length === 0 ? [place] : frames.slice(0, mostFrames).map(frameText).reverse()
    root.bytes += bytes
    let bar = root
    for (const name of [...callers, maker]) {
      const next = bar.below.get(name) ?? { name, bytes: 0, below: new Map() }
      bar.below.set(name, next)
      next.bytes += bytes
      bar = next
    }
  }
  const height = depthOf(root) * rowHeight
  const label = `Bytes of Buffers by caller, the outermost at the top: ${size(root.bytes)}. The table below has the same figures.`
  return `<svg class="flame" role="img" aria-label="${escaped(label)}" width="100%" height="${height}">${barsOf(root, root.bytes, 0, 0)}</svg>`
}

function barsOf(bar: Bar, all: number, from: number, depth: number): string {
  const ratio = all > 0 ? bar.bytes / all : 0
  if (ratio < leastRatio) return ''
  const [x, width] = [`${(from * 100).toFixed(3)}%`, `${(ratio * 100).toFixed(3)}%`]
  const title = `${bar.name}: ${size(bar.bytes)}, ${percent(ratio)}`
  const own = `<svg x="${x}" y="${depth * rowHeight}" width="${width}" height="${rowHeight - 2}"><title>${escaped(title)}</title><rect class="tone${depth % 4}" width="100%" height="100%"/><text x="4" y="14">${escaped(shortName(bar.name))}</text></svg>`
  let at = from
  const below = [...bar.below.values()]
    .sort((one, other) => other.bytes - one.bytes)
    .map((next) => {
      const text = barsOf(next, all, at, depth + 1)
      at += all > 0 ? next.bytes / all : 0
      return text
    })
  return own + below.join('')
}

function depthOf({ below }: Bar): number {
  return 1 + Math.max(0, ...[...below.values()].map(depthOf))
}

/** Without the folders above the file. */
function shortName(name: string): string {
  return name.replace(/\((?:.*[\\/])?([^\\/]+)\)$/, '($1)')
}
