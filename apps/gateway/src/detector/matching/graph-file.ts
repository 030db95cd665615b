import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { type Graph, PatternGraph } from './pattern-graph.js'

/** The file that a build writes beside its bundle; sources have none. */
const FILE = new URL('pattern-graph.json', import.meta.url)

/** A graph as it is written: each set of bytes as a text of 256 flags. */
interface WrittenGraph extends Omit<Graph, 'sets'> {
  readonly patterns: string
  readonly sets: readonly string[]
}

/**
 * The graph of `patterns`: read from `file` where that holds just this one, or made. Reading takes some 10 ms, and making 280 ms and 50 MiB
 * of the process for good.
 */
export function graphOf(patterns: readonly RegExp[], file: URL = FILE): Graph {
  if (!existsSync(file)) return new PatternGraph(patterns)
  const { patterns: name, sets, ...graph } = JSON.parse(readFileSync(file, 'utf8')) as WrittenGraph
  return name === nameOf(patterns) ? { ...graph, sets: sets.map((flags) => Uint8Array.from(flags, Number)) } : new PatternGraph(patterns)
}

/** The contents of the file for `patterns`. */
export function writeGraph(patterns: readonly RegExp[]): string {
  const { start, kind, value, next, from, sets, required } = new PatternGraph(patterns)
  return JSON.stringify({
    patterns: nameOf(patterns),
    start,
    kind,
    value,
    next,
    from,
    required,
    sets: sets.map((set) => set.join(''))
  } satisfies WrittenGraph)
}

function nameOf(patterns: readonly RegExp[]): string {
  return createHash('sha256').update(patterns.join('\n')).digest('base64url')
}
