import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import type { Problem } from './problem.js'
import { listPackages } from './tree.js'

/** Entries that browsers use too: their types must stand without Node's. */
const universalEntries = new Set([
  '@pool/core/interfaces',
  '@pool/core/kit/universal',
  '@pool/core/validate',
  '@pool/block-pool',
  '@pool/shared'
])
const isUniversal = (entry: string): boolean => universalEntries.has(entry)

const strictest: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, types: [], strict: true, skipLibCheck: false, noEmit: true }
const browserOptions: ts.CompilerOptions = {
  ...strictest,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler
}
const nodeOptions: ts.CompilerOptions = {
  ...strictest,
  lib: ['lib.es2022.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext
}

/**
 * Uses the built packages as a stranger would, far from this tree: each entry is imported and required by plain Node, and its
 * types are checked, library checks on, with the oldest `lib` that we promise.
 */
export function checkPublishedEntries(root: string): Problem[] {
  const consumer = mkdtempSync(join(tmpdir(), 'pool-consumer-'))
  try {
    const entries = listPackages(root, 'packages').flatMap((folder) => installBuild(root, folder, consumer))
    const problems = entries.flatMap((entry) => checkRuntime(entry, consumer))
    problems.push(...listPackages(root, 'packages').flatMap((folder) => checkClassNames(root, folder)))
    const [universal, others] = [entries.filter(isUniversal), entries.filter((entry) => !isUniversal(entry))]
    problems.push(...universal.flatMap((entry) => checkTypes(entry, consumer, browserOptions)))
    const nodeTypes = createRequire(import.meta.url).resolve('@types/node/package.json')
    link(dirname(nodeTypes), join(consumer, 'node_modules/@types/node'))
    problems.push(...others.flatMap((entry) => checkTypes(entry, consumer, nodeOptions)))
    return problems
  } finally {
    rmSync(consumer, { recursive: true, force: true })
  }
}

function installBuild(root: string, folder: string, consumer: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as PackageManifest
  const target = join(consumer, 'node_modules', manifest.name)
  mkdirSync(target, { recursive: true })
  cpSync(join(root, folder, 'dist'), join(target, 'dist'), { recursive: true })
  cpSync(join(root, folder, 'package.json'), join(target, 'package.json'))
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (!name.startsWith('@pool/')) link(join(root, folder, 'node_modules', name), join(consumer, 'node_modules', name))
  }
  return Object.keys(manifest.exports)
    .filter((key) => !key.endsWith('.json'))
    .map((key) => manifest.name + key.slice(1))
}

function checkRuntime(entry: string, consumer: string): Problem[] {
  const problems: Problem[] = []
  const scripts = {
    'import()': `const entry = await import('${entry}'); ${printsOwnNames}`,
    'require()': `const entry = require('${entry}'); ${printsOwnNames}`
  }
  for (const [how, script] of Object.entries(scripts)) {
    const type = how === 'import()' ? 'module' : 'commonjs'
    try {
      execFileSync(process.execPath, [`--input-type=${type}`, '--eval', script], { cwd: consumer, stdio: 'pipe', encoding: 'utf8' })
    } catch (error) {
      problems.push({ rule: 'published-entries', file: entry, message: `${how} fails: ${(error as { stderr?: string }).stderr}` })
    }
  }
  return problems
}

/** Throws where a class prints under another name than it is exported as. `FastBuffer` is Node's own, under a name of the kit's. */
const printsOwnNames = `
for (const [name, value] of Object.entries(entry)) {
  const isClass = typeof value === 'function' && /^class\\b/.test(Function.prototype.toString.call(value))
  if (isClass && value.name !== name && value.name !== 'FastBuffer') throw new Error('class ' + name + ' prints as ' + value.name)
}`

/** Finds the classes that no entry exports, and that a bundler renamed: users meet their instances. */
function checkClassNames(root: string, folder: string): Problem[] {
  const files = readdirSync(join(root, folder, 'dist')).filter((name) => /\.c?js$/.test(name))
  return files.flatMap((name) => {
    const file = join(folder, 'dist', name)
    const renamed = readFileSync(join(root, file), 'utf8').matchAll(/\bclass (_\w+)/g)
    return Array.from(renamed, ([, found]) => ({ rule: 'published-entries', file, message: `a class prints as ${found}` }))
  })
}

function checkTypes(entry: string, consumer: string, options: ts.CompilerOptions): Problem[] {
  const files = ['consumer.mts', 'consumer.cts'].map((name) => join(consumer, name))
  for (const file of files) writeFileSync(file, `import * as entry from '${entry}'\nexport const names: string[] = Object.keys(entry)\n`)
  // Types are looked for below the current directory too, which must not be this tree.
  const host = { ...ts.createCompilerHost(options), getCurrentDirectory: () => consumer }
  const program = ts.createProgram(files, options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .slice(0, 5)
    .map((one) => {
      const file = one.file?.fileName.split('node_modules/').at(-1) ?? ''
      return { rule: 'published-entries', file: entry, message: `${file} ${ts.flattenDiagnosticMessageText(one.messageText, ' ')}` }
    })
}

interface PackageManifest {
  readonly name: string
  readonly exports: Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  rmSync(to, { recursive: true, force: true })
  symlinkSync(from, to, 'dir')
}
