import type { Problem } from './problem.js'
import { listFiles, readText } from './tree.js'

/** Subjects that name no actor: a reader has to guess whether the pool, the caller or another thread is meant. */
const nobody = /\b(?:nobody|somebody|anybody|everybody|whoever|whomever|whom)\b/i
const prose =
  /^(?:docs\/(?:decisions|guides|benchmarks)\/.*|packages\/[^/]+\/README|apps\/[^/]+\/README|README|CONTRIBUTING|SECURITY|\.changeset\/.*)\.md$/
const source = /^(?:packages|apps|tooling)\/[^/]+\/src\/.*\.ts$/

/** What a rule can hold of the house's English: sentences have a subject. Looks at documents, and at the comments of sources. */
export function checkEnglish(root: string): Problem[] {
  const problems: Problem[] = []
  for (const file of listFiles(root)) {
    if (!prose.test(file) && !source.test(file)) continue
    for (const [at, line] of readText(root, file).split('\n').entries()) {
      const text = source.test(file) ? /(?:^\s*\/?\*|\/\/)(.*)/.exec(line)?.[1] : line
      const word = nobody.exec(text ?? '')?.[0]
      if (word === undefined) continue
      problems.push({ rule: 'english', file: `${file}:${at + 1}`, message: `"${word}" names no actor: say which caller, thread or client` })
    }
  }
  return problems
}
