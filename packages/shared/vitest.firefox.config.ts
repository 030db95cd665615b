import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { playwright } from '@vitest/browser-playwright'
import type { BrowserProvider } from 'vitest/node'
import isolatedPage from './vitest.browser.config.js'

/** Debian's; another one by `FIREFOX`. */
const executablePath = process.env.FIREFOX ?? '/usr/bin/firefox-esr'

const preferences = {
  'media.autoplay.default': 0,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false
}

/** Opens the tests' page in a stock Firefox, which Playwright can't drive: the page needs no driver, it tells its results by itself. */
class FirefoxProvider implements BrowserProvider {
  readonly name = 'firefox'
  readonly supportsParallelism = false
  readonly #profile = mkdtempSync(join(tmpdir(), 'firefox-profile-'))
  #browser: ChildProcess | undefined

  getCommandsContext(): Record<string, unknown> {
    return {}
  }

  async openPage(_session: string, url: string): Promise<void> {
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`)
    writeFileSync(join(this.#profile, 'user.js'), lines.join('\n'))
    this.#browser = spawn(executablePath, ['--headless', '--no-remote', '--profile', this.#profile, url], { stdio: 'ignore' })
    await once(this.#browser, 'spawn')
  }

  async close(): Promise<void> {
    if (this.#browser?.exitCode === null) {
      this.#browser.kill()
      await once(this.#browser, 'exit')
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The tests of an isolated page, in Firefox. */
export default {
  ...isolatedPage,
  test: {
    ...isolatedPage.test,
    browser: {
      ...isolatedPage.test?.browser,
      provider: { ...playwright(), name: 'firefox', supportedBrowser: ['firefox'], providerFactory: () => new FirefoxProvider() },
      headless: false,
      instances: [{ browser: 'firefox' as const }]
    }
  }
}
