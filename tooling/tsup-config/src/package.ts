import { defineConfig } from 'tsup'

/**
 * Gives each class of `code` its own name back. The bundler writes a class that names itself as `var Pool = class _Pool`, which then
 * prints as `_Pool` in inspections and stacks.
 */
export function printOwnNames(code: string): string {
  const renamed = new Set(Array.from(code.matchAll(/\bvar (\w+) = class _\1\b/g), ([, name]) => name))
  return code.replace(/\b_(\w+)/g, (whole, name) => (renamed.has(name) ? name : whole))
}

/** Loads with `require` what CommonJS loads late: test runners that load modules themselves allow it no `import()`. */
export function requireLate(code: string): string {
  return code.replace(/\bimport\((["'][^"']+["'])\)/g, 'Promise.resolve({ default: require($1) })')
}

/**
 * The build of a package: ESM, CJS and types; one chunk graph for all entries of a format, so that no class exists twice in it.
 * @param entry - the entries' sources by the name of their output
 * @param options - `selfContained` builds the used parts of the workspace into the output, for files that are loaded without a bundler
 */
export function packageBuild(
  entry: Record<string, string>,
  options: { readonly selfContained?: boolean } = {}
): ReturnType<typeof defineConfig> {
  return defineConfig({
    ...(options.selfContained ? { noExternal: [/^@pool\//] } : {}),
    entry,
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'node',
    splitting: true,
    // Without it the CommonJS half goes through a transform that down-levels `??` and `?.` into closures.
    treeshake: true,
    clean: true,
    plugins: [
      { name: 'class-names', renderChunk: (code) => ({ code: printOwnNames(code) }) },
      {
        name: 'late-requires',
        renderChunk(code) {
          return { code: this.format === 'cjs' ? requireLate(code) : code }
        }
      }
    ],
    // Bundlers and runtimes recognize Node's own modules by the prefix.
    removeNodeProtocol: false,
    // Lets consumers whose `lib` has no `Disposable` use leases.
    dts: { banner: '/// <reference lib="esnext.disposable" />', compilerOptions: { stripInternal: true } }
  })
}
