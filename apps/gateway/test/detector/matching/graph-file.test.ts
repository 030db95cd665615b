import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { graphOf, writeGraph } from '../../../src/detector/matching/graph-file.js'
import { type Graph, PatternGraph } from '../../../src/detector/matching/pattern-graph.js'
import { rulesByPattern } from '../../../src/detector/matching/rule-set.js'
import { RULES } from '../../../src/detector/rules/index.js'

const PATTERNS = [...rulesByPattern(RULES).keys()]
const GATEWAY = fileURLToPath(new URL('../../..', import.meta.url))

function contentsOf({ start, kind, value, next, from, sets, required }: Graph): Graph {
  return { start, kind, value, next, from, sets, required }
}

describe('a graph in a file', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'graph-'))
  const file = pathToFileURL(join(folder, 'pattern-graph.json'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is the graph that is made of the rules, where a start reads it', () => {
    execFileSync(process.execPath, ['start.js', 'quarantine', '--help'], { cwd: GATEWAY })
    const read = graphOf(PATTERNS, pathToFileURL(join(GATEWAY, 'dist/pattern-graph.json')))
    expect(read).not.toBeInstanceOf(PatternGraph)
    expect(read).toEqual(contentsOf(new PatternGraph(PATTERNS)))
  })

  it('is read for its own patterns alone, and made for any others', () => {
    writeFileSync(file, writeGraph([/ab/, /c+d/i]))
    expect(graphOf([/ab/, /c+d/i], file)).toEqual(contentsOf(new PatternGraph([/ab/, /c+d/i])))
    expect(graphOf([/ab/, /c+d/i], file)).not.toBeInstanceOf(PatternGraph)
    for (const others of [[/ab/], [/ab/, /c+d/], [/c+d/i, /ab/]])
      expect(contentsOf(graphOf(others, file))).toEqual(contentsOf(new PatternGraph(others)))
  })

  it('is made where there is no file', () => {
    expect(graphOf([/ab/], pathToFileURL(join(folder, 'none.json')))).toBeInstanceOf(PatternGraph)
  })
})
