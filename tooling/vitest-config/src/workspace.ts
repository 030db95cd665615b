import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type UserWorkspaceConfig } from 'vitest/config'
import { needsOwnProcess } from './own-process.js'
import { packageTests } from './package.js'
import { TotalsReporter } from './totals-reporter.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function packageFolders(): string[] {
  const folders = ['packages', 'apps', 'tooling'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
  return folders.filter((folder) => existsSync(join(folder, 'vitest.config.ts')))
}

/**
 * The tests of a package as two projects. Most files share processes, which spares each its start and the imports that another file made;
 * those that look at their whole process get one of their own.
 */
function projectsOf(folder: string): UserWorkspaceConfig[] {
  const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string }
  const files = readdirSync(join(folder, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
  const alone = files.map((file) => `test/${file}`).filter((file) => needsOwnProcess(join(folder, file)))
  const { test, ...rest } = packageTests()
  return [
    { ...rest, root: folder, test: { ...test, name, exclude: alone, isolate: false } },
    { ...rest, root: folder, test: { ...test, name: `${name}, alone`, include: alone } }
  ]
}

export default defineConfig({
  test: {
    // Vitest leaves a core to itself by default. On two cores that doubles the time: most tests compute, and it does little meanwhile.
    maxWorkers: '100%',
    projects: packageFolders().flatMap(projectsOf),
    reporters: ['default', new TotalsReporter()],
    // For `pnpm test:coverage`: the share that the tests of the two packages reached when it was measured, in percent, rounded down.
    coverage: {
      include: ['packages/core/src/**', 'packages/secure/src/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { 'packages/core/src/**': { lines: 95, branches: 89 }, 'packages/secure/src/**': { lines: 94, branches: 88 } }
    }
  }
})
