import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { table } from '../../bench-kit/src/table.js'
import { type Target, targets } from './targets.js'

/** The newest version that runs on Node 20. */
const version = '9.6.1'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const home = join(root, 'node_modules/.cache/mutation')
const modules = join(home, 'node_modules')

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>
}

/** Stryker brings 167 packages, so it is no dependency of the workspace. Its runner gets the vitest that the tests import. */
function installStryker(): void {
  if (existsSync(join(modules, 'vitest'))) return
  mkdirSync(home, { recursive: true })
  const packages = [`@stryker-mutator/core@${version}`, `@stryker-mutator/vitest-runner@${version}`]
  execFileSync('npm', ['install', '--prefix', home, '--no-save', '--legacy-peer-deps', ...packages], { stdio: 'inherit' })
  symlinkSync(relative(modules, join(root, 'node_modules/vitest')), join(modules, 'vitest'))
}

/** Mutates the file where it lies, runs the tests for each mutant, and restores the file. */
function mutate(target: Target): Report {
  const report = join(home, `${target.name}.json`)
  const settings = join(home, 'settings.json')
  rmSync(report, { force: true })
  writeFileSync(
    settings,
    JSON.stringify({
      mutate: [`${target.package}/${target.file}`],
      testRunner: 'vitest',
      plugins: [join(modules, '@stryker-mutator/vitest-runner/dist/src/index.js')],
      vitest: { configFile: 'tooling/mutation/src/vitest.config.ts', related: false },
      inPlace: true,
      disableTypeChecks: false,
      tempDirName: relative(root, join(home, 'backup')),
      ignoreStatic: true,
      // A second run tries the mutants alone that the changes since may matter to.
      incremental: true,
      incrementalFile: join(home, `${target.name}.incremental.json`),
      reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
      jsonReporter: { fileName: report },
      htmlReporter: { fileName: join(home, `${target.name}.html`) },
      timeoutMS: 10_000
    })
  )
  const environment = { ...process.env, MUTATION_TARGET: target.name, NODE_OPTIONS: '--conditions=@pool/source' }
  const { status } = spawnSync(process.execPath, [join(modules, '@stryker-mutator/core/bin/stryker.js'), 'run', settings], {
    cwd: root,
    env: environment,
    stdio: 'inherit'
  })
  if (status !== 0) throw new Error(`Stryker ended with ${status}; the file may be mutated still: git checkout ${target.package}`)
  return JSON.parse(readFileSync(report, 'utf8')) as Report
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}. There are ${targets.map(({ name }) => name).join(', ')}`)
if (execFileSync('git', ['status', '--porcelain', 'packages'], { cwd: root, encoding: 'utf8' }) !== '')
  throw new Error('Files are mutated where they lie. Commit or stash your changes first.')
installStryker()
const rows = targets
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  .map((target) => {
    const mutants = Object.values(mutate(target).files).flatMap(({ mutants }) => mutants)
    const count = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status)).length
    const killed = count('Killed', 'Timeout')
    const left = count('Survived', 'NoCoverage')
    return [target.name, target.file, `${killed}`, `${left}`, `${((100 * killed) / (killed + left)).toFixed(1)} %`]
  })
process.stdout.write(`\n${table(['target', 'file', 'killed', 'survived', 'score'], rows)}\n`)
