import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

/** Debian's; another one by `CHROMIUM`. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** The tests that need no Node, in Chromium: on a page that is cross-origin isolated, which has shared memory, or on one that is not. */
const onPage = (name: string, port: number, headers: Record<string, string>) => ({
  server: { headers },
  resolve: { conditions: ['@pool/source', 'module', 'browser', 'development|production'] },
  test: {
    name,
    root: new URL('.', import.meta.url).pathname,
    include: ['test/{blocks,extents,model,pool,regression,samples,slab}/*.test.ts', 'test/browser/*.spec.ts'],
    provide: { isolated: 'Cross-Origin-Opener-Policy' in headers },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      api: { port, host: '127.0.0.1' },
      provider: playwright({ launchOptions: { executablePath, args: quiet } }),
      instances: [{ browser: 'chromium' as const }]
    }
  }
})

export default defineConfig({
  test: {
    projects: [
      onPage('isolated page', 63_315, {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp'
      }),
      onPage('page without shared memory', 63_316, {})
    ]
  }
})
