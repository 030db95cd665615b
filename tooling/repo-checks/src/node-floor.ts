import type { Problem } from './problem.js'
import { listFiles, readText } from './tree.js'

/** Documents that name the required Node: the workspace's own two, and the README of each package. */
const telling = /^(?:README|CONTRIBUTING|packages\/[^/]+\/README)\.md$/
const manifests = /^(?:packages|apps)\/[^/]+\/package\.json$/

/** One oldest Node for everything: `engines` of the root says which, all other manifests repeat it, and the documents name it. */
export function checkNodeFloor(root: string): Problem[] {
  const files = listFiles(root)
  if (!files.includes('package.json')) return []
  const range = enginesOf(root, 'package.json')
  const floor = /^>=(\d+\.\d+)$/.exec(range ?? '')?.[1]
  if (floor === undefined) {
    return [{ rule: 'node-floor', file: 'package.json', message: `"engines": { "node": "${range}" } is not of the form >=20.19` }]
  }
  const problems: Problem[] = []
  for (const file of files) {
    if (manifests.test(file) && enginesOf(root, file) !== range) {
      problems.push({ rule: 'node-floor', file, message: `lacks "engines": { "node": "${range}" }` })
    }
    if (telling.test(file) && !readText(root, file).includes(`Node ${floor}`)) {
      problems.push({ rule: 'node-floor', file, message: `does not say that it needs Node ${floor}` })
    }
  }
  return problems
}

function enginesOf(root: string, file: string): string | undefined {
  return (JSON.parse(readText(root, file)) as { engines?: { node?: string } }).engines?.node
}
