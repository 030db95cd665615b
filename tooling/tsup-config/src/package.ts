import { defineConfig } from 'tsup'

/**
 * The build of a package: ESM, CJS and types, one chunk graph for all entries of a format, so that no class exists twice in it.
 * @param entry - the entries' sources by the name of their output
 */
export function packageBuild(entry: Record<string, string>): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    splitting: true,
    treeshake: false,
    clean: true,
    dts: { banner: '/// <reference lib="esnext.disposable" />' }
  })
}
