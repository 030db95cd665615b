import { fileURLToPath } from 'node:url'
import { defineProject, type UserWorkspaceConfig } from 'vitest/config'

/**
 * The condition under which our packages resolve to their TypeScript, so that tests need no build, and those of Node. Not
 * `module`, which Vite has by default and Node has not: in `@opentelemetry/api` the code behind it is for bundlers alone.
 */
const sourceConditions = ['@pool/source', 'node', 'development|production']

/** The test configuration of a package. Forks, since only they take `--expose-gc`. */
export function packageTests(): UserWorkspaceConfig {
  return defineProject({
    ssr: { resolve: { conditions: sourceConditions } },
    test: {
      include: ['test/**/*.test.ts'],
      pool: 'forks',
      setupFiles: [fileURLToPath(new URL('expected-warnings.ts', import.meta.url))],
      execArgv: ['--expose-gc', '--conditions=@pool/source'],
      restoreMocks: true,
      unstubEnvs: true,
      // On a busy machine five seconds are too few for tests that compute, start processes or force collections.
      testTimeout: 60_000,
      hookTimeout: 60_000
    }
  })
}

/**
 * The configuration of a package's integration tests, `test/integration/*.integration.ts`: they need servers beside Node, so
 * `pnpm test` leaves them out and `pnpm test:integration` runs them.
 */
export function integrationTests(): UserWorkspaceConfig {
  const { test, ...rest } = packageTests()
  return { ...rest, test: { ...test, include: ['test/integration/*.integration.ts'], testTimeout: 120_000, hookTimeout: 120_000 } }
}

/** The configuration of a package's tests that drive a real Chromium, `test/browser/*.browser.ts`: `pnpm test:browser` runs them. */
export function chromiumTests(): UserWorkspaceConfig {
  return defineProject({
    ssr: { resolve: { conditions: sourceConditions } },
    test: { include: ['test/browser/*.browser.ts'], pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 }
  })
}
