import nodeModule from 'node:module'
import { isAbsolute } from 'node:path'

/**
 * The package that a file belongs to: the name behind its last `node_modules` folder, so that pnpm's and nested layouts give the same.
 * @param file - a path, of Windows too
 * @returns undefined for own sources, and for Node's
 */
export function libraryOf(file: string): string | undefined {
  const parts = file.split(/[\\/]/)
  const at = parts.lastIndexOf('node_modules') + 1
  const [name, second] = at === 0 ? [] : parts.slice(at)
  if (name === undefined || name === '' || second === undefined) return undefined
  return name.startsWith('@') ? `${name}/${second}` : name
}

/**
 * The library through which the program uses the one of `files[0]`: the outermost one before the program's own code, on the stack or, where an
 * event began the stack, on the chain of modules that required it.
 * @param files - of the stack, the innermost first, without Node's
 * @returns undefined where the program calls the library itself
 */
export function calledThrough(files: readonly string[]): string | undefined {
  const own = libraryOf(files[0] ?? '')
  if (own === undefined) return undefined
  const firstOwn = files.findIndex((file) => libraryOf(file) === undefined)
  const chain = firstOwn < 0 ? [...files, ...requirersOf(files.at(-1) as string)] : files.slice(0, firstOwn)
  const outermost = chain.map(libraryOf).filter((name) => name !== undefined)
  return outermost.findLast((name) => name !== own)
}

/** The files that required a file, up to the first one of the program's own; the nearest first. Empty for ES modules, which keep no record. */
function requirersOf(file: string): string[] {
  if (!isAbsolute(file)) return []
  // Called as a method: webpack replaces an imported `createRequire` by nothing where it does not know the file at build time.
  const { cache } = nodeModule.createRequire(file)
  const seen = new Set<string>()
  for (let module = parentOf(cache[file]); module !== undefined && !seen.has(module.filename); module = parentOf(module)) {
    if (libraryOf(module.filename) === undefined) break
    seen.add(module.filename)
  }
  return [...seen]
}

function parentOf(module: NodeJS.Module | undefined): NodeJS.Module | undefined {
  // Deprecated since it names the first of several requirers, and the first is wanted here.
  return (module as { parent?: NodeJS.Module } | undefined)?.parent ?? undefined
}
