import { execFileSync } from 'node:child_process'
import { median } from './median.js'
import { progress } from './subprocess.js'
import { figure, table, verdict } from './table.js'

const mostMs = 60

/**
 * The processor time, user and system, that each of `programs` takes above an empty process: the median of 15 rounds, in each of
 * which each program has a process of its own.
 * @param programs - the modules that each program imports, as they are built; the first program is held to 60 ms
 * @param folder - where they are resolved from
 */
export function importCost(programs: readonly (readonly string[])[], folder: string): string {
  const rounds = 15
  const all = [[], ...programs]
  const above: number[][] = all.map(() => [])
  for (let round = 1; round <= rounds; round++) {
    progress(`imports: round ${round} of ${rounds}`)
    const [empty = 0, ...others] = all.map((modules) => processorMs(modules, folder))
    above[0]?.push(empty)
    others.forEach((ms, index) => {
      above[index + 1]?.push(ms - empty)
    })
  }
  progress('')
  const rows = all.map((modules, index) => {
    const ms = median(above[index] ?? [])
    return [modules.join(' and ') || 'an empty process', figure(ms), verdict(ms, index === 1 ? { most: mostMs } : undefined)]
  })
  return table(['import, processor time above an empty process', 'ms', 'bar'], rows)
}

function processorMs(modules: readonly string[], folder: string): number {
  const imports = modules.map((name) => `import '${name}';`).join('')
  const code = `${imports}const { user, system } = process.cpuUsage(); process.stdout.write(String((user + system) / 1000))`
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '' },
      encoding: 'utf8'
    })
  )
}
