import { checkEnglish } from './english-rules.js'
import { checkFiles } from './file-rules.js'
import { checkImports } from './import-rules.js'
import { checkNodeFloor } from './node-floor.js'
import { checkPackages } from './package-rules.js'
import type { Problem } from './problem.js'

/** Everything that the tree under `root` does against its own rules. */
export function checkRules(root: string): Problem[] {
  return [...checkImports(root), ...checkPackages(root), ...checkFiles(root), ...checkNodeFloor(root), ...checkEnglish(root)]
}

/** Problems as lines that a terminal can show. */
export function describeProblems(problems: readonly Problem[]): string {
  const width = Math.max(...problems.map((problem) => problem.rule.length))
  return problems.map((problem) => `${problem.rule.padEnd(width)}  ${problem.file}: ${problem.message}`).join('\n')
}
