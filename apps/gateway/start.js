// Runs `src/<name>.ts`, for the name on the command line, from a build in `dist` that is made anew when a source is newer: loading
// several hundred modules and compiling TypeScript would cost seconds of CPU at each start.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const root = join(folder, '../..')
const names = ['main', 'demo', 'hash-password', 'quarantine']
const GRAPH_PRINTER = 'print-pattern-graph'
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM'])

const [name = ''] = process.argv.splice(2, 1)
if (!names.includes(name)) {
  process.stderr.write(`Name what to run: ${names.join(', ')}.\n`)
  process.exit(1)
}
const built = join(isFresh() ? join(folder, 'dist') : await build(), `${name}.js`)
// A cluster's workers run the same build, whatever becomes of the sources meanwhile.
process.argv[1] = built
await import(pathToFileURL(built).href)

/** Whether every source is as it was when `dist` was made. */
function isFresh() {
  try {
    const inputs = JSON.parse(readFileSync(join(folder, 'dist/inputs.json'), 'utf8'))
    return Object.entries(inputs).every(([file, stamp]) => stampOf(file) === stamp)
  } catch {
    return false
  }
}

function stampOf(file) {
  const { mtimeMs, size } = statSync(join(root, file))
  return `${mtimeMs} ${size}`
}

/** Bundles the gateway. Returns the folder of the bundle: `dist`, or a temporary one where the checkout can't be written to. */
async function build() {
  const { build: bundle } = await import('esbuild')
  const { outputFiles, metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: [...names, GRAPH_PRINTER].map((one) => join(folder, 'src', `${one}.ts`)),
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@pool/source'],
    // Native, and looked for at run time.
    external: ['sodium-native'],
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
    metafile: true,
    write: false
  })
  // Dependencies change with the lockfile alone.
  const sources = [...Object.keys(metafile.inputs), 'pnpm-lock.yaml', relative(root, fileURLToPath(import.meta.url))]
  const stamps = sources.filter((file) => !file.includes('node_modules')).map((file) => [file, stampOf(file)])
  try {
    return store(join(folder, 'dist'), outputFiles, Object.fromEntries(stamps))
  } catch (error) {
    if (!READ_ONLY.has(error.code)) throw error
    process.stderr.write(`${join(folder, 'dist')} can't be written to (${error.code}): the gateway is built anew at each start.\n`)
    const temporary = mkdtempSync(join(tmpdir(), 'gateway-'))
    process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))
    writeFileSync(join(temporary, 'package.json'), '{"type":"module"}')
    return store(temporary, outputFiles, {})
  }
}

/** Puts each file in its place in one step, since another start may be reading; the stamps last. */
function store(target, files, stamps) {
  try {
    // Not `recursive`: that says ENOENT where the checkout is mounted read-only.
    mkdirSync(target)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const put = (file, contents) => {
    const part = join(target, `.${file}.${process.pid}`)
    writeFileSync(part, contents)
    renameSync(part, join(target, file))
  }
  const fresh = new Set(files.map(({ path }) => basename(path)))
  for (const { path, contents } of files) put(basename(path), contents)
  // In a process of its own: the memory that making it takes would stay in this one.
  put('pattern-graph.json', execFileSync(process.execPath, [join(target, `${GRAPH_PRINTER}.js`)], { maxBuffer: Number.POSITIVE_INFINITY }))
  put('inputs.json', JSON.stringify(stamps))
  for (const file of readdirSync(target))
    if (/-[0-9A-Z]{8}\.js$/.test(file) && !fresh.has(file)) rmSync(join(target, file), { force: true })
  return target
}
