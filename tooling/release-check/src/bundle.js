// Bundles one program for Node with a bundler's defaults: node bundle.js BUNDLER TOOLS SOURCE TARGET.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [bundler, tools, source, target] = process.argv.slice(2)
const require = createRequire(join(tools, 'package.json'))
const load = async (name) => import(pathToFileURL(require.resolve(name)).href)

/** Has a compiled part, which no bundler takes along. */
const external = ['sodium-native']

if (bundler.startsWith('esbuild')) {
  const { build } = await load('esbuild')
  const format = bundler.includes('ESM') ? 'esm' : 'cjs'
  // Under a name of its own: a bundle may import createRequire itself.
  const banner = "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
  await build({
    entryPoints: [source],
    outfile: join(target, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`),
    bundle: true,
    platform: 'node',
    format,
    external,
    logLevel: 'error',
    ...(bundler.endsWith('with require') ? { banner: { js: banner } } : {})
  })
} else if (bundler === 'webpack') {
  const { default: webpack } = await load('webpack')
  const compiler = webpack({
    mode: 'production',
    target: 'node20',
    entry: source,
    context: dirname(source),
    output: { path: target, filename: 'bundle.cjs' },
    externals: external.map((name) => ({ [name]: `commonjs ${name}` }))
  })
  await new Promise((resolve, reject) => {
    compiler.run((error, stats) => (error || stats.hasErrors() ? reject(error ?? new Error(stats.toString('errors-only'))) : resolve()))
  })
} else {
  const { build } = await load('vite')
  await build({
    root: dirname(source),
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external },
    build: {
      ssr: source,
      outDir: target,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'bundle.mjs' } }
    }
  })
}
