import { defineConfig } from 'vitest/config'
import { TotalsReporter } from './totals-reporter.js'

export default defineConfig({
  test: {
    // Vitest leaves a core to itself by default. On two cores that doubles the time: most tests compute, and it does little meanwhile.
    maxWorkers: '100%',
    projects: ['packages/*', 'apps/*', 'tooling/*/vitest.config.ts'],
    reporters: ['default', new TotalsReporter()]
  }
})
