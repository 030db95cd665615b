import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names Node's types in each declaration file of a build that uses them: the declaration bundler drops that reference, and
 * a banner would put it into the files for browsers too.
 */
export function referenceNodeTypes(folder: string): string[] {
  const mended: string[] = []
  for (const name of readdirSync(folder)) {
    if (!/\.d\.[cm]?ts$/.test(name)) continue
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
    if (code.includes('<reference types="node"') || !/\bBuffer\b|\bNodeJS\.|['"]node:/.test(code)) continue
    writeFileSync(path, `/// <reference types="node" />\n${text}`)
    mended.push(name)
  }
  return mended
}

referenceNodeTypes('dist')
