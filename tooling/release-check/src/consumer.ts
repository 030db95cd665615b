import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, dirname, join } from 'node:path'
import { freePort } from '../../redis-testbed/src/free-port.js'
import type { Published } from './publish.js'
import { awaitInside, importedPackages, readQuickStart, toJavaScript } from './quick-start.js'
import { type Ended, runProgram } from './run-program.js'

/** How a quick start gets from its source to something that Node runs. */
export type Bundler = 'esbuild ESM' | 'esbuild ESM with require' | 'esbuild CJS' | 'webpack' | 'Vite'

/** The program for a package whose README has no part "Quick start". */
const programs: Readonly<Record<string, string>> = {
  '@pool/advisor': `import { advise, calibrate, startAdvisor } from '@pool/advisor'

const observation = startAdvisor()
for (let made = 0; made < 1000; made++) Buffer.allocUnsafe(100_000)
console.log(typeof advise(observation.stop(), calibrate()).summary)
`
}

/** A check of a package besides its quick start: guarded memory must be found in bundles, too, and not be lost silently. */
const probes: Readonly<Record<string, string>> = {
  '@pool/secure': "\nconsole.log(new SecureBufferPool({ name: 'guarded', backing: 'sodium' }).capabilities().backend)\n"
}

/** Types that a TypeScript project installs beside the imports of a quick start. */
const typesOf: Readonly<Record<string, string>> = { express: '@types/express@5.0.6' }

/** Versions of the quick starts' imports besides our packages. */
const versions: Readonly<Record<string, string>> = { express: '5.3.0', multer: '2.5.0' }

/**
 * A folder far from the workspace in which one package is installed, alone, by the lines of its README, with the program of its
 * quick start.
 */
export class Consumer {
  readonly #folder: string
  readonly #tools: string
  readonly #install: readonly string[]
  /** The output of the quick start: the first run gives it, and all others must print the same. */
  #expected: string | undefined

  readonly package: Published
  /** The faults of the README itself. */
  readonly fault: string | undefined

  constructor(published: Published, folder: string, tools: string, registryUrl: string) {
    const readme = readQuickStart(readFileSync(join(published.folder, 'README.md'), 'utf8'))
    const shown = readme.program ?? programs[published.name]
    if (shown === undefined) throw new Error(`the README of ${published.name} has no quick start`)
    const { install } = readme
    const program = shown + (probes[published.name] ?? '')
    this.package = published
    this.#folder = folder
    this.#tools = tools
    const named = install.length > 0 ? install.flat().filter((word) => !word.startsWith('-')) : [published.name]
    const others = importedPackages(program).filter((name) => !named.includes(name))
    const ours = others.filter((name) => name.startsWith('@pool/'))
    this.fault = ours.length > 0 ? `it imports ${ours.join()}, which its part "Install" does not name` : undefined
    this.#install = [...named, ...others].flatMap((name) => {
      const exact = versions[name] === undefined ? name : `${name}@${versions[name]}`
      return typesOf[name] === undefined ? [exact] : [exact, typesOf[name]]
    })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, '.npmrc'), `@pool:registry=${registryUrl}/\n`)
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    writeFileSync(join(folder, 'quick-start.mts'), program)
    writeFileSync(join(folder, 'quick-start.cts'), awaitInside(program))
    writeFileSync(join(folder, 'quick-start.mjs'), toJavaScript(program, 'esm'))
    writeFileSync(join(folder, 'quick-start-inside.mjs'), toJavaScript(awaitInside(program), 'esm'))
    writeFileSync(join(folder, 'quick-start.cjs'), toJavaScript(awaitInside(program), 'cjs'))
  }

  /** Installs by npm. The installed copies of our packages must be the published ones. */
  async install(): Promise<Ended> {
    const parameters = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...this.#install]
    const ended = await runProgram('npm', parameters, { folder: this.#folder, timeoutMs: 180_000 })
    if (!ended.ok) return ended
    const manifest = join(this.#folder, 'node_modules', this.package.name, 'package.json')
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    return version === this.package.version ? ended : { ...ended, ok: false, log: `version ${version}, not ${this.package.version}` }
  }

  /** Runs the quick start as a module, or as CommonJS. */
  run(node: string, format: 'esm' | 'cjs'): Promise<Ended> {
    return this.#runFile(node, join(this.#folder, `quick-start.${format === 'esm' ? 'mjs' : 'cjs'}`))
  }

  /**
   * Compiles the quick start as a module and as CommonJS, strictly, with the checks of libraries on and nothing but ES2022 as the library.
   * Errors in other packages' types are left out.
   */
  async compile(typescript: string, nodeTypes: string): Promise<Ended> {
    const types = join(this.#folder, 'node_modules/@types/node')
    rmSync(types, { recursive: true, force: true })
    mkdirSync(dirname(types), { recursive: true })
    symlinkSync(join(this.#tools, 'node_modules', `node-types-${nodeTypes}`), types, 'dir')
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false, pretty: false },
      ...{ target: 'es2022', lib: ['es2022', 'esnext.disposable'], module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] }
    }
    const config = join(this.#folder, 'tsconfig.json')
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['quick-start.mts', 'quick-start.cts'] }))
    const program = join(this.#tools, 'node_modules', `typescript-${typescript}`, 'bin/tsc')
    const { log, output } = await runProgram(process.execPath, [program, '-p', config], { folder: this.#folder })
    const errors = log.split('\n').filter((line) => /error TS\d+/.test(line))
    const ours = errors.filter((line) => !/^(?:\.\.\/)*\S*node_modules\/(?!@pool\/)/.test(line))
    return { ok: ours.length === 0, output, log: ours.slice(0, 5).join('\n') }
  }

  /** Bundles the quick start into a folder with nothing else in it. Where it lies is for `runBundle`. */
  async bundle(bundler: Bundler): Promise<Ended> {
    const target = this.#bundleFolder(bundler)
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target, { recursive: true })
    const bundle = join(dirname(new URL(import.meta.url).pathname), 'bundle.js')
    const source = bundler === 'esbuild CJS' ? 'quick-start-inside.mjs' : 'quick-start.mjs'
    return runProgram(process.execPath, [bundle, bundler, this.#tools, join(this.#folder, source), target], { folder: this.#folder })
  }

  /** Runs a bundle, with nothing installed beside it except packages that have a compiled part. */
  runBundle(node: string, bundler: Bundler): Promise<Ended> {
    const folder = this.#bundleFolder(bundler)
    const modules = join(this.#folder, 'node_modules')
    for (const name of ['sodium-native', 'require-addon', 'which-runtime', 'bare-addon-resolve', 'bare-module-resolve', 'bare-semver']) {
      const target = join(folder, 'node_modules', name)
      if (existsSync(join(modules, name)) && !existsSync(target)) cpSync(join(modules, name), target, { recursive: true })
    }
    const file = readdirSync(folder).find((name) => /^bundle\.[cm]?js$/.test(name))
    if (file === undefined) return Promise.resolve({ ok: false, output: '', log: `no bundle by ${bundler}` })
    return this.#runFile(node, join(folder, file))
  }

  #bundleFolder(bundler: Bundler): string {
    return join(`${this.#folder}-bundles`, bundler.replaceAll(' ', '-').toLowerCase())
  }

  async #runFile(node: string, file: string): Promise<Ended> {
    const port = await freePort()
    const receiver = await receiveTelemetry()
    const environment = { PORT: String(port), METRICS_PORT: String(port), OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url }
    const visit = visits[this.package.name]
    const ended = await runProgram(node, [file], {
      folder: dirname(file),
      environment,
      timeoutMs: 60_000,
      ...(visit === undefined ? {} : { visit: () => visit(`http://127.0.0.1:${port}/`) })
    })
    receiver.stop()
    if (!ended.ok) return ended
    if (this.package.name === '@pool/metrics-otel' && !receiver.heard()) return { ...ended, ok: false, log: 'nothing was exported' }
    this.#expected ??= ended.output
    if (ended.output === this.#expected) return ended
    return { ...ended, ok: false, log: `${basename(file)} printed\n${ended.output}\ninstead of\n${this.#expected}` }
  }
}

/** Requests to the quick starts that serve until they are ended. */
const visits: Readonly<Record<string, (url: string) => Promise<void>>> = {
  '@pool/express': async (url) => {
    const headers = { 'content-type': 'application/octet-stream' }
    const answer = await answerOf(url, { method: 'POST', headers, body: 'hello' })
    if (answer !== '5 bytes') throw new Error(`answered ${answer}`)
  },
  '@pool/metrics-prometheus': async (url) => {
    const answer = await answerOf(url)
    if (!/^buffer_pool_\w+\{.*pool="uploads"/m.test(answer)) throw new Error(`has no series of the pool:\n${answer}`)
  }
}

/** The answer of a server that may not listen yet. */
async function answerOf(url: string, init?: RequestInit): Promise<string> {
  const end = Date.now() + 30_000
  for (;;) {
    try {
      const response = await fetch(url, init)
      return await response.text()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** A receiver of OpenTelemetry's exports. */
async function receiveTelemetry(): Promise<{ readonly url: string; heard(): boolean; stop(): void }> {
  let bytes = 0
  const server = createServer((request, response) => {
    request.on('data', (chunk) => (bytes += chunk.length)).on('end', () => response.setHeader('content-type', 'application/json').end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}/v1/metrics`, heard: () => bytes > 0, stop: () => void server.close() }
}
