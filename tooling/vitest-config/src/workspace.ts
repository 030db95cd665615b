import { defineConfig } from 'vitest/config'
import { TotalsReporter } from './totals-reporter.js'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'tooling/*/vitest.config.ts'],
    reporters: ['default', new TotalsReporter()]
  }
})
