import { posix } from 'node:path'
import ts from 'typescript'
import { readText } from './tree.js'

/** The imports of each file, types included: paths from the root for files, specifiers as written for packages. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** Reads the imports of TypeScript `files`. */
export function readImports(root: string, files: readonly string[]): ImportGraph {
  const known = new Set(files)
  const graph = new Map<string, string[]>()
  for (const file of files) {
    const found = ts.preProcessFile(readText(root, file), true, true).importedFiles
    graph.set(file, [...new Set(found.map((one) => resolve(file, one.fileName, known)))])
  }
  return graph
}

/** Whether an import as {@link readImports} gives it is a package or a module of Node, and no file. */
export function isBare(target: string, graph: ImportGraph): boolean {
  const isPath = /^(?:\.\.|packages|apps|tooling|docs)\//.test(target) || /^[^/]*\.(?:ts|js|json)$/.test(target)
  return !graph.has(target) && !isPath
}

/** All that `start` reaches, itself included. */
export function reach(start: string, graph: ImportGraph): Set<string> {
  const seen = new Set<string>()
  const waiting = [start]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    waiting.push(...(graph.get(next) ?? []))
  }
  return seen
}

function resolve(from: string, specifier: string, known: ReadonlySet<string>): string {
  if (!specifier.startsWith('.')) return specifier
  const path = posix.join(posix.dirname(from), specifier)
  const source = path.replace(/\.js$/, '.ts')
  return known.has(source) ? source : path
}
