import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { needsOwnProcess } from './own-process.js'
import { packageTests } from './package.js'
import { TotalsReporter } from './totals-reporter.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function testFolders(): string[] {
  const packages = ['packages', 'apps', 'tooling'].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
  return packages.map((name) => `${name}/test`).filter((folder) => existsSync(join(root, folder)))
}

function testFilesOf(folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.test.ts')).map((file) => `${folder}/${file}`)
}

const folders = testFolders()
const alone = folders.flatMap(testFilesOf).filter((file) => needsOwnProcess(join(root, file)))
const { test, ...rest } = packageTests()

/**
 * The tests of all packages as two projects, since each project has modules of its own. Most files share processes, which spares each its
 * start and the imports that another file made; those that look at their whole process get one of their own.
 */
export default defineConfig({
  test: {
    // One more than cores: tests that wait for a time or a process would leave a core idle.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        ...rest,
        root,
        test: { ...test, name: 'shared', include: folders.map((folder) => `${folder}/**/*.test.ts`), exclude: alone, isolate: false }
      },
      { ...rest, root, test: { ...test, name: 'alone', include: alone } }
    ],
    reporters: ['default', new TotalsReporter()],
    // For `pnpm test:coverage`: the share that the tests of the two packages reached when it was measured, in percent, rounded down.
    coverage: {
      include: ['packages/core/src/**', 'packages/secure/src/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { 'packages/core/src/**': { lines: 95, branches: 89 }, 'packages/secure/src/**': { lines: 94, branches: 88 } }
    }
  }
})
