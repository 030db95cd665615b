import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import { build, type PreviewServer, preview } from 'vite'

const root = new URL('../..', import.meta.url).pathname
/** Debian's; another one by `CHROMIUM`. */
export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required']

/** The app as it is built, served with its headers, in a real browser. */
export class AppPage {
  readonly url: string
  readonly browser: Browser
  /** What the pages said on the console as errors, or threw. */
  readonly errors: string[] = []
  readonly #server: PreviewServer

  private constructor(server: PreviewServer, browser: Browser) {
    this.url = `http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}/`
    this.#server = server
    this.browser = browser
  }

  /**
   * Builds the app and starts a browser.
   * @param folder - where another page lies, within the app; it is built into a folder of its own
   */
  static async start(folder = ''): Promise<AppPage> {
    const outDir = join(root, 'dist', folder)
    const options = { configFile: join(root, 'vite.config.ts'), root: join(root, folder), logLevel: 'error', build: { outDir } } as const
    await build(options)
    const server = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } })
    return new AppPage(server, await chromium.launch({ executablePath, args }))
  }

  /** A page of the app, in a context of its own. */
  async open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const page = await (await this.browser.newContext(options)).newPage()
    page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()))
    page.on('pageerror', (error) => this.errors.push(String(error)))
    await page.goto(this.url)
    return page
  }

  /** A page that plays. */
  async play(options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
    const page = await this.open(options)
    await page.click('#play')
    await page.waitForSelector('#play[aria-pressed="true"]')
    return page
  }

  async close(): Promise<void> {
    await this.browser.close()
    await new Promise<void>((resolve, reject) => this.#server.httpServer.close((error) => (error ? reject(error) : resolve())))
  }
}
