import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

/** Debian's; another one by `CHROMIUM`. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** On a cross-origin isolated page, which has shared memory. */
export default defineConfig({
  server: { headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } },
  resolve: { conditions: ['@pool/source', 'module', 'browser', 'development|production'] },
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['test/*.test.ts', 'test/browser/*.spec.ts'],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      api: { port: 63_325, host: '127.0.0.1' },
      provider: playwright({
        launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'] }
      }),
      instances: [{ browser: 'chromium' as const }]
    }
  }
})
