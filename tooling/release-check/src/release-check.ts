import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Bundler, Consumer } from './consumer.js'
import { exceptionFor, exceptions } from './exceptions.js'
import { inTwos } from './in-twos.js'
import { type LocalRegistry, startRegistry } from './local-registry.js'
import { type Column, type Fault, runColumn } from './matrix.js'
import { type Published, publishAll } from './publish.js'
import { runProgram } from './run-program.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const { values, positionals } = parseArgs({ options: { short: { type: 'boolean', default: false } }, allowPositionals: true })
const compilers = ['5.2', '5.5', '5.9', '7']
const nodeTypes = ['20', '22', '24', '25', '26']
const bundlers: readonly Bundler[] = ['esbuild ESM', 'esbuild CJS', 'webpack', 'Vite']
/** The short form compiles by the oldest compiler with the oldest of Node's types, and by the newest with the newest. */
const shortTypes: Readonly<Record<string, readonly string[]>> = { '5.2': ['20'], '7': ['26'] }

const folder = mkdtempSync(join(tmpdir(), 'pool-release-'))
const tools = join(folder, 'tools')
const say = (line: string): void => console.log(line)
const start = performance.now()
const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s`

/** The programs `node` to run on: this one in the short form, else the oldest version that is promised and each line since. */
async function findNodes(): Promise<Map<string, string>> {
  if (values.short) return new Map([[process.versions.node, process.execPath]])
  const nodes = new Map<string, string>()
  for (const version of ['20.19.0', '20', '22', '24', '26']) {
    const parameters = ['--yes', '-p', `node@${version}`, '-c', 'node -p process.execPath']
    const { ok, output, log } = await runProgram('npx', parameters, { folder })
    if (!ok) throw new Error(`Node ${version} could not be had:\n${log}`)
    nodes.set(version, output.trim())
  }
  return nodes
}

function columnsOf(consumer: Consumer, nodes: ReadonlyMap<string, string>): Column[] {
  const onEachNode = (run: (node: string) => ReturnType<Consumer['run']>): Column['cells'] =>
    [...nodes].map(([version, node]) => ({ version, run: () => run(node) }))
  const bundled = (bundler: Bundler): Column['cells'] => {
    const cells = [{ version: 'build', run: () => consumer.bundle(bundler) }, ...onEachNode((node) => consumer.runBundle(node, bundler))]
    // A bundle that can't run so must run by the remedy.
    const excepted = cells.some(({ version }) => exceptionFor(consumer.package.name, bundler, version) !== undefined)
    if (bundler !== 'esbuild ESM' || !excepted) return cells
    const remedied = bundled('esbuild ESM with require').map((cell) => ({ ...cell, version: `${cell.version} with require` }))
    return [...cells, ...remedied]
  }
  return [
    { title: 'install', cells: [{ version: 'npm', run: () => consumer.install() }] },
    { title: 'ESM', cells: onEachNode((node) => consumer.run(node, 'esm')) },
    { title: 'CJS', cells: onEachNode((node) => consumer.run(node, 'cjs')) },
    ...compilers.map((compiler) => ({
      title: `TS ${compiler}`,
      cells: (values.short ? (shortTypes[compiler] ?? []) : nodeTypes).map((types) => ({
        version: types,
        run: () => consumer.compile(compiler, types)
      }))
    })),
    ...bundlers.map((bundler) => ({ title: bundler, cells: bundled(bundler) }))
  ]
}

async function checkPackage(published: Published, registryUrl: string, nodes: ReadonlyMap<string, string>): Promise<[string[], Fault[]]> {
  const consumer = new Consumer(published, join(folder, 'consumers', published.name.slice('@pool/'.length)), tools, registryUrl)
  if (consumer.fault !== undefined) return [['FAILED'], [{ package: published.name, column: 'README', version: '', log: consumer.fault }]]
  const texts: string[] = []
  const faults: Fault[] = []
  for (const column of columnsOf(consumer, nodes)) {
    const result = await runColumn(published.name, column)
    texts.push(result.text)
    faults.push(...result.faults)
    if (column.title === 'install' && result.faults.length > 0) break
  }
  return [texts, faults]
}

const widths = [24, 9, 9, 9, 9, 9, 9, 9, 11, 11, 9, 9]
const row = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => cell.padEnd(widths[at] ?? 9))
    .join('  ')
    .trimEnd()

async function main(): Promise<boolean> {
  let registry: LocalRegistry | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void Promise.resolve(registry?.stop()).finally(() => removeAndExit(1)))
  }
  mkdirSync(tools)
  cpSync(join(root, 'tooling/release-check/tools/package.json'), join(tools, 'package.json'))
  say('installing the compilers, the bundlers and the registry …')
  const installed = await runProgram('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], {
    folder: tools,
    timeoutMs: 300_000
  })
  if (!installed.ok) throw new Error(`the tools could not be installed:\n${installed.log}`)
  const nodes = await findNodes()
  say(`${seconds()}  versioning and publishing to a registry of this machine …`)
  registry = await startRegistry(tools, join(folder, 'registry'))
  const { url } = registry
  try {
    const all = await publishAll(root, join(folder, 'workspace'), url)
    const packages = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name.slice('@pool/'.length)))
    say(`${seconds()}  each package alone, on Node ${[...nodes.keys()].join(', ')}\n`)
    const titles = ['package', 'install', 'ESM', 'CJS', ...compilers.map((compiler) => `TS ${compiler}`), ...bundlers]
    say(row(titles))
    say(row(widths.map((width) => '─'.repeat(width))))
    const faults: Fault[] = []
    const check = async (published: Published): Promise<void> => {
      const [texts, found] = await checkPackage(published, url, nodes)
      faults.push(...found)
      say(row([`${published.name}@${published.version}`, ...texts]))
    }
    await inTwos(packages, check)
    say('')
    for (const { mark, sentence } of exceptions) say(`${mark} ${sentence}`)
    for (const fault of faults) say(`\n── ${fault.package} · ${fault.column} · ${fault.version}\n${fault.log.trim()}`)
    say(`\n${seconds()}  ${faults.length === 0 ? `All ${packages.length} packages hold.` : `${faults.length} cells failed.`}`)
    return faults.length === 0
  } finally {
    await registry.stop()
  }
}

function removeAndExit(code: number): never {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(code)
}

removeAndExit((await main().catch((error: unknown) => void say(String(error)))) ? 0 : 1)
