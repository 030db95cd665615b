import type { Problem } from './problem.js'
import { listFiles, listPackages, readText } from './tree.js'

const errorCode = /\bERR_POOL(?:_[A-Z0-9]+)+\b/g

/** Each package has all parts of a published package, and documents each of its error codes. */
export function checkPackages(root: string): Problem[] {
  return listPackages(root, 'packages').flatMap((folder) => {
    const files = listFiles(root, folder)
    return [...checkContents(folder, files), ...checkManifest(root, folder), ...checkErrorCodes(root, folder, files)]
  })
}

function checkContents(folder: string, files: readonly string[]): Problem[] {
  const expected: [string, RegExp][] = [
    ['README.md', /^README\.md$/],
    ['LICENSE', /^LICENSE$/],
    ['a test, test/**/*.test.ts', /^test\/.*\.test\.ts$/],
    ['a benchmark, bench/**/*.bench.ts', /^bench\/.*\.bench\.ts$/]
  ]
  return expected
    .filter(([, pattern]) => !files.some((file) => pattern.test(file.slice(folder.length + 1))))
    .map(([what]) => ({ rule: 'package-contents', file: folder, message: `lacks ${what}` }))
}

interface Manifest {
  readonly name?: string
  readonly sideEffects?: unknown
  readonly exports?: Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

function checkManifest(root: string, folder: string): Problem[] {
  const file = `${folder}/package.json`
  const manifest = JSON.parse(readText(root, file)) as Manifest
  const problems: Problem[] = []
  const say = (message: string): void => void problems.push({ rule: 'manifest', file, message })
  if (manifest.name !== `@pool/${folder.split('/')[1]}`) say(`is named ${manifest.name}, not after its folder`)
  if (manifest.sideEffects !== false) say('lacks "sideEffects": false')
  if (manifest.exports?.['./package.json'] === undefined) say('does not export ./package.json')
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    if (!name.startsWith('@pool/')) continue
    if (name !== '@pool/core') say(`depends on a sibling, ${name}`)
    else if (range !== 'workspace:^') say(`depends on ${name} as ${range}, not workspace:^`)
  }
  for (const name of Object.keys(manifest.peerDependencies ?? {})) {
    // A peer of the workspace makes changesets turn every minor of it into a major here.
    if (name.startsWith('@pool/')) say(`has ${name} as a peer`)
  }
  for (const name of Object.keys(manifest.devDependencies ?? {})) {
    if (name.startsWith('@pool/') && name !== '@pool/core') say(`develops against a sibling, ${name}`)
  }
  return problems
}

function checkErrorCodes(root: string, folder: string, files: readonly string[]): Problem[] {
  const readme = `${folder}/README.md`
  if (!files.includes(readme)) return []
  const rows = readText(root, readme)
    .split('\n')
    .filter((line) => line.trimStart().startsWith('|'))
  const documented = new Set(rows.flatMap((row) => row.split('|')[1]?.match(errorCode) ?? []))
  const used = new Map<string, string>()
  for (const file of files) {
    if (!file.startsWith(`${folder}/src/`)) continue
    for (const code of readText(root, file).match(errorCode) ?? []) if (!used.has(code)) used.set(code, file)
  }
  // Errors of core's kit reach the users of the packages on it, whose READMEs may give the cure.
  const ofCore = listFiles(root, 'packages/core').filter((file) => file.endsWith('/kit/errors.ts'))
  const core = ofCore.map((file) => readText(root, file)).join('')
  const missing = [...used]
    .filter(([code]) => !documented.has(code))
    .map(([code, file]) => ({ rule: 'error-codes', file, message: `${code} has no row in ${readme}` }))
  const stale = [...documented]
    .filter((code) => !used.has(code) && !core.includes(code))
    .map((code) => ({ rule: 'error-codes', file: readme, message: `${code} has a row, and no source uses it` }))
  return [...missing, ...stale]
}
