import { defineConfig } from 'vitest/config'
import { browserTests } from './vitest.browser.config.js'

/** On a page that is not cross-origin isolated, and so has no shared memory. */
export default defineConfig({ ...browserTests(['test/browser/*.page.ts']) })
