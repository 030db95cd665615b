import { readFileSync } from 'node:fs'
import { findSourceMap, SourceMap } from 'node:module'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunningFrame } from './stack.js'

/** A frame at the place where it was written. */
export interface WrittenFrame {
  /** Absolute path, or the name under which the code runs. */
  readonly file: string
  readonly line: number
  readonly column: number
  readonly function: string
}

/**
 * Leads running code back to its sources: by Node's own source maps where a program has them on (as under `tsx`), else by the map that the
 * script names, inline or in a file beside it. Reads each map once. A script without a map, or with one that can't be read, stays as it is.
 */
export class SourceMaps {
  readonly #maps = new Map<string, { readonly map: SourceMap; readonly folder: string } | undefined>()

  /** Where a frame was written. */
  written(frame: RunningFrame): WrittenFrame {
    const path = pathOf(frame.script)
    if (!isAbsolute(path)) return { file: path, line: frame.line, column: frame.column, function: frame.function }
    if (!this.#maps.has(path)) this.#maps.set(path, mapOf(frame.script, path))
    const found = this.#maps.get(path)
    const entry = found?.map.findEntry(frame.line - 1, frame.column - 1)
    // A map may have no name for a source, and a broken one no source at all.
    if (found === undefined || entry === undefined || !('originalSource' in entry) || typeof entry.originalSource !== 'string') {
      return { file: path, line: frame.line, column: frame.column, function: frame.function }
    }
    const source = pathOf(entry.originalSource)
    return {
      file: /^[a-z][a-z+.-]+:/i.test(source) && !isAbsolute(source) ? source : resolve(found.folder, source),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
      function: frame.function
    }
  }
}

/** A script's path, without the query that loaders put behind it. */
function pathOf(script: string): string {
  if (!script.startsWith('file:')) return script
  try {
    return fileURLToPath(script.replace(/[?#].*$/, ''))
  } catch {
    return script
  }
}

function mapOf(script: string, path: string): { readonly map: SourceMap; readonly folder: string } | undefined {
  try {
    const known = findSourceMap(script) ?? findSourceMap(path)
    if (known !== undefined) return { map: known, folder: dirname(path) }
    const named = /^\/\/[#@] ?sourceMappingURL=(\S+)\s*$/m.exec(lastLines(readFileSync(path, 'utf8')))?.[1]
    if (named === undefined) return undefined
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(named)
    const file = inline === null ? resolve(dirname(path), pathOf(decodeURIComponent(named))) : path
    const text = inline === null ? readFileSync(file, 'utf8') : decoded(inline[2] ?? '', inline[1] !== undefined)
    const payload = JSON.parse(text)
    const root = typeof payload.sourceRoot === 'string' ? payload.sourceRoot : ''
    return { map: new SourceMap({ ...payload, sourceRoot: '' }), folder: resolve(dirname(file), pathOf(root)) }
  } catch {
    return undefined
  }
}

/** The comment stands at the end; a string with its text may stand anywhere. */
function lastLines(text: string): string {
  return text.slice(text.lastIndexOf('\n', text.trimEnd().length - 1) + 1)
}

function decoded(text: string, base64: boolean): string {
  return base64 ? Buffer.from(text, 'base64').toString() : decodeURIComponent(text)
}
