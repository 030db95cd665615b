import { builtinModules } from 'node:module'
import { type ImportGraph, isBare, reach, readImports } from './import-graph.js'
import type { Problem } from './problem.js'
import { listFiles, listPackages } from './tree.js'

const core = '@pool/core'
const coreInterfaces = 'packages/core/src/interfaces.ts'

/** No cycle; packages know core alone; core's interfaces know nothing. */
export function checkImports(root: string): Problem[] {
  const folders = [...listPackages(root, 'packages'), ...listPackages(root, 'apps')]
  const problems: Problem[] = []
  for (const folder of folders) {
    const graph = readImports(
      root,
      listFiles(root, folder).filter((file) => file.endsWith('.ts'))
    )
    problems.push(...findCycles(graph))
    problems.push(...findBorderCrossings(folder, graph))
    if (graph.has(coreInterfaces)) problems.push(...findInterfaceImports(graph))
  }
  return problems
}

function findCycles(graph: ImportGraph): Problem[] {
  const problems: Problem[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): void => {
    const start = path.indexOf(file)
    if (start >= 0) {
      const cycle = [...path.slice(start), file].map((one) => one.replace(/^.*\/src\//, ''))
      problems.push({ rule: 'import-cycle', file, message: cycle.join(' → ') })
      return
    }
    if (done.has(file)) return
    path.push(file)
    for (const target of graph.get(file) ?? []) if (graph.has(target)) visit(target)
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return problems
}

/** Tooling that files of a package's folder import by its path. */
const toolsOf = [
  ['bench', 'tooling/bench-kit/'],
  ['test', 'tooling/vitest-config/']
] as const

function findBorderCrossings(folder: string, graph: ImportGraph): Problem[] {
  const problems: Problem[] = []
  const own = `@pool/${folder.split('/')[1]}`
  const isApp = folder.startsWith('apps/')
  for (const [file, targets] of graph) {
    const isSource = file.startsWith(`${folder}/src/`)
    const isConfiguration = file.endsWith('.config.ts')
    const isAllowed = (target: string) =>
      isConfiguration ||
      target.startsWith(`${folder}/`) ||
      toolsOf.some(([users, tools]) => file.startsWith(`${folder}/${users}/`) && target.startsWith(tools))
    for (const target of targets) {
      const name = target.split('/').slice(0, 2).join('/')
      if (isBare(target, graph)) {
        if (!name.startsWith('@pool/') || isApp) continue
        if (name === own && isSource)
          problems.push({ rule: 'boundary', file, message: `imports its own package, ${target}: use a relative path` })
        else if (name !== own && name !== core)
          problems.push({ rule: 'boundary', file, message: `imports a sibling, ${target}: packages know ${core} alone` })
        else if (name !== own && folder === 'packages/core') problems.push({ rule: 'boundary', file, message: `core imports ${target}` })
      } else if (!isAllowed(target)) {
        problems.push({ rule: 'boundary', file, message: `imports ${target}, outside its package` })
      } else if (isSource && !target.startsWith(`${folder}/src/`) && target !== `${folder}/package.json`) {
        problems.push({ rule: 'boundary', file, message: `source imports ${target}, which is not shipped` })
      }
    }
  }
  return problems
}

function findInterfaceImports(graph: ImportGraph): Problem[] {
  const problems: Problem[] = []
  for (const [file, targets] of graph) {
    if (file.startsWith('packages/core/src/interfaces/') && targets.length > 0) {
      problems.push({ rule: 'interfaces', file, message: `imports ${targets.join(', ')}: an interface file imports nothing` })
    }
  }
  for (const target of reach(coreInterfaces, graph)) {
    if (target.startsWith('node:') || builtinModules.includes(target)) {
      problems.push({ rule: 'interfaces', file: coreInterfaces, message: `reaches ${target}: this entry also runs in browsers` })
    }
  }
  return problems
}
