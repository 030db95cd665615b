import { defineConfig } from 'vitest/config'
import { TotalsReporter } from './totals-reporter.js'

export default defineConfig({
  test: {
    // Vitest leaves a core to itself by default. On two cores that doubles the time: most tests compute, and it does little meanwhile.
    maxWorkers: '100%',
    projects: ['packages/*', 'apps/*', 'tooling/*/vitest.config.ts'],
    reporters: ['default', new TotalsReporter()],
    // For `pnpm test:coverage`: the share that the tests of the two packages reached when it was measured, in percent, rounded down.
    coverage: {
      include: ['packages/core/src/**', 'packages/secure/src/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { 'packages/core/src/**': { lines: 95, branches: 89 }, 'packages/secure/src/**': { lines: 94, branches: 88 } }
    }
  }
})
