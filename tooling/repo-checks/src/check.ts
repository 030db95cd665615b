import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkApiReports } from './api-reports.js'
import { checkPublishedEntries } from './published-entries.js'
import { checkRules, describeProblems } from './rules.js'
import { type Check, command, runChecks } from './run-checks.js'
import { listPackages } from './tree.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const packages = listPackages(root, 'packages')
const inEachPackage = (program: string, ...parameters: string[]): Check['run'] => {
  return async () => {
    const results = await Promise.all(packages.map((folder) => command(program, parameters, join(root, folder))()))
    return results.join('')
  }
}

// Two lanes for two cores: checks that need the build, and checks that do not.
const built: Check[] = [
  { name: 'build', what: 'tsup, ESM + CJS + types', run: command('turbo', ['run', 'build', '--output-logs=errors-only'], root) },
  { name: 'publint', what: 'package.json against what is packed', run: inEachPackage('publint', '--strict', '--pack=pnpm') },
  { name: 'attw', what: 'types under each module resolution', run: inEachPackage('attw', '--pack', '--profile=node16', '--format=ascii') },
  {
    name: 'published-entries',
    what: 'import, require and types as a user has them',
    run: async () => describeProblems(checkPublishedEntries(root))
  },
  { name: 'api-reports', what: 'the public surface against what is committed', run: async () => describeProblems(checkApiReports(root)) },
  { name: 'size', what: 'size-limit, minified + brotli', run: command('size-limit', [], root) }
]
const unbuilt: Check[] = [
  { name: 'biome', what: 'format and lint', run: command('biome', ['ci', '--colors=off', '.'], root) },
  { name: 'rules', what: 'imports, names, lengths, package contents', run: async () => describeProblems(checkRules(root)) },
  { name: 'types', what: 'tsc, tests and benches too', run: command('turbo', ['run', 'typecheck', '--output-logs=errors-only'], root) },
  { name: 'knip', what: 'unused files, exports and dependencies', run: command('knip', [], root) }
]

process.exitCode = (await runChecks([built, unbuilt])) ? 0 : 1
