import { defineConfig } from 'vitest/config'

/** The report in a real Chromium: needs one, so `pnpm test` leaves these out. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@pool/source', 'node', 'development|production'] } },
  test: {
    root: import.meta.dirname,
    include: ['test/browser/*.browser.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
