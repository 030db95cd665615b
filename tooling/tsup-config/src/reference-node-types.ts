import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names Node's types in each declaration file of a build that uses them: the declaration bundler drops that reference, and
 * a banner would put it into the files for browsers too.
 * @param always - names them in every file: for a package that uses none itself, but others' declarations that do
 */
export function referenceNodeTypes(folder: string, always = false): string[] {
  const mended: string[] = []
  for (const name of readdirSync(folder)) {
    if (!/\.d\.[cm]?ts$/.test(name)) continue
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
    const isUser = always || /\bBuffer\b|\bNodeJS\.|['"]node:/.test(code)
    if (!isUser || text.includes('<reference types="node"')) continue
    writeFileSync(path, `/// <reference types="node" />\n${text}`)
    mended.push(name)
  }
  return mended
}

referenceNodeTypes('dist', process.argv.includes('--always'))
