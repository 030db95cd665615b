import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../src', import.meta.url))

/** Every specifier that a file and whatever it imports import, types included. */
function importsOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const specifiers = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'/gm)]
  return specifiers.flatMap(([, from, alone]) => {
    const specifier = String(from ?? alone)
    const target = join(dirname(file), specifier.replace(/\.js$/, '.ts'))
    return [specifier, ...(specifier.startsWith('.') && existsSync(target) ? importsOf(target, seen) : [])]
  })
}

describe('@pool/core/interfaces', () => {
  it('reaches no module of Node, so that browsers can use it', () => {
    const specifiers = importsOf(join(source, 'interfaces.ts'))
    expect(specifiers.length).toBeGreaterThan(3)
    expect(specifiers.filter((specifier) => !specifier.startsWith('.'))).toEqual([])
  })

  it.each(['buffer-source', 'observer', 'stats-source'])('declares %s in a file that imports nothing', (name) => {
    expect(importsOf(join(source, 'interfaces', `${name}.ts`))).toEqual([])
  })

  it('runs where there is neither Buffer nor process nor anything else of Node', () => {
    const errors = readFileSync(join(source, 'kit/errors.ts'), 'utf8')
    const { outputText } = transpileModule(errors, { compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 } })
    const script = `${outputText}; exports.isPoolError(new exports.PoolError('ERR_POOL_CLOSED', 'x'), 'ERR_POOL_CLOSED')`
    expect(runInNewContext(script, { exports: {} })).toBe(true)
  })
})
