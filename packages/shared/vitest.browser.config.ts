import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Debian's; another one by `CHROMIUM`. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Tests in a page of Chromium. */
export const browserTests = (include: string[]): ViteUserConfig => ({
  resolve: { conditions: ['@pool/source', 'module', 'browser', 'development|production'] },
  test: {
    root: new URL('.', import.meta.url).pathname,
    include,
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

/** On a cross-origin isolated page, which has shared memory. */
export default defineConfig({
  ...browserTests(['test/*.test.ts', 'test/browser/*.spec.ts']),
  server: { headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } }
})
