import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names Node's types in each declaration file of a build that uses them: the declaration bundler drops that reference, and
 * a banner would put it into the files for browsers too. It also makes a module of the declarations of an entry that exports nothing,
 * which the bundler leaves empty.
 * @param nodeEntries - entries for Node, also where their own text does not name its types, since the code that they share with others does
 */
export function referenceNodeTypes(folder: string, nodeEntries: readonly string[]): string[] {
  const mended: string[] = []
  for (const name of readdirSync(folder)) {
    if (!/\.d\.[cm]?ts$/.test(name)) continue
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
    const needsNode = nodeEntries.includes(name.split('.')[0] ?? '') || /\bBuffer\b|\bNodeJS\.|['"]node:/.test(code)
    let mendedText = text
    if (!/^\s*(?:import|export)\b/m.test(code)) mendedText += 'export {}\n'
    if (needsNode && !code.includes('<reference types="node"')) mendedText = `/// <reference types="node" />\n${mendedText}`
    if (mendedText === text) continue
    writeFileSync(path, mendedText)
    mended.push(name)
  }
  return mended
}

referenceNodeTypes('dist', process.argv.slice(2))
