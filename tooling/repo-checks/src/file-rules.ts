import { homedir } from 'node:os'
import type { Problem } from './problem.js'
import { listFiles, readText } from './tree.js'

const maxLines = 400
const vagueNames = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'tools', 'lib'])
const topLevel = new Set([
  ...['packages', 'apps', 'tooling', 'docs', 'turbo.json', 'pnpm-workspace.yaml', 'package.json', 'tsconfig.base.json', 'typedoc.json'],
  ...['README.md', 'LICENSE', 'CONTRIBUTING.md', 'SECURITY.md', 'pnpm-lock.yaml']
])

/** Names and lengths of source files, what may stand at the top, and nothing that only one machine has. */
export function checkFiles(root: string): Problem[] {
  const problems: Problem[] = []
  for (const file of listFiles(root)) {
    problems.push(...checkName(file))
    if (/\.(png|jpg|gif|ico|woff2?|wasm|node|bin|gz)$/.test(file)) continue
    const text = readText(root, file)
    if (/\/src\/.*\.ts$/.test(file)) {
      const lines = text.trimEnd().split('\n').length
      if (lines > maxLines)
        problems.push({ rule: 'file-length', file, message: `${lines} lines, ${maxLines} at most: split it by concept` })
    }
    problems.push(...checkMachine(root, file, text))
  }
  return problems
}

function checkName(file: string): Problem[] {
  const top = file.split('/')[0] ?? file
  if (!top.startsWith('.') && !topLevel.has(top)) return [{ rule: 'top-level', file, message: 'does not belong at the top' }]
  if (!/^(packages|apps|tooling)\/.*\.(ts|js|mjs|cjs)$/.test(file)) return []
  const problems: Problem[] = []
  const parts = file.split('/').slice(2)
  const name = parts.at(-1) ?? ''
  for (const part of parts) {
    const stem = part.split('.')[0] ?? part
    if (vagueNames.has(stem)) problems.push({ rule: 'file-name', file, message: `"${stem}" names no concept` })
  }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)+$/.test(name))
    problems.push({ rule: 'file-name', file, message: 'file names are kebab-case' })
  return problems
}

function checkMachine(root: string, file: string, text: string): Problem[] {
  if (file.includes('/fixtures/')) return []
  const problems: Problem[] = []
  const personal = /\/(?:home|Users)\/[a-z][\w.-]*\/(?:src|code|work|projects|dev|git)\//
  const own = [root, homedir()].filter((path) => path.split('/').length > 2)
  const path = own.find((one) => text.includes(one)) ?? personal.exec(text)?.[0]
  if (path !== undefined) problems.push({ rule: 'machine-path', file, message: `holds a path of one machine: ${path}` })
  if (file === 'pnpm-lock.yaml' && /https?:\/\/|tarball:/.test(text)) {
    problems.push({ rule: 'lockfile', file, message: 'holds the address of a registry' })
  }
  if (file.endsWith('.npmrc') && /registry\s*=|_auth/.test(text)) problems.push({ rule: 'lockfile', file, message: 'names a registry' })
  return problems
}
