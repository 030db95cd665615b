import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { type BuildOptions, buildSync } from 'esbuild'

/** So that packages written as CommonJS find Node's own modules. */
const requireOfModules = "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

/**
 * Bundles the TypeScript file at `path`, for tests that start it as a process. Node starts the bundle in a quarter of the CPU time that
 * `tsx` takes.
 * @param path - absolute
 * @returns the path of an ES module, below the `node_modules` of the file's package
 */
export function compiled(path: string): string {
  return bundle(dirname(path), readFileSync(path, 'utf8'), path)
}

/** Bundles a program in words; see {@link compiled}. Its relative imports are looked for in `folder`, an absolute path. */
export function compiledText(program: string, folder: string): string {
  return bundle(folder, program, join(folder, `${createHash('sha1').update(program).digest('hex').slice(0, 12)}.ts`))
}

function bundle(folder: string, contents: string, path: string): string {
  const root = packageOf(folder)
  const output = join(root, 'node_modules/.compiled')
  mkdirSync(output, { recursive: true })
  const name = relative(root, path).replaceAll(sep, '-')
  // Renamed into its place, since another test file may be starting the same one.
  const part = join(output, `${name}.${process.pid}.mjs`)
  const options: BuildOptions = {
    stdin: { contents, resolveDir: folder, sourcefile: path, loader: 'ts' },
    outfile: part,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@pool/source'],
    // Native, and looked for at run time.
    external: ['sodium-native'],
    banner: { js: requireOfModules },
    logLevel: 'error'
  }
  buildSync(options)
  const place = join(output, `${name}.mjs`)
  renameSync(part, place)
  return place
}

function packageOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageOf(dirname(folder))
}
