import type { Problem } from './problem.js'
import { listFiles, readText } from './tree.js'

const prose =
  /^(?:docs\/(?:decisions|guides|benchmarks)\/.*|packages\/[^/]+\/README|apps\/[^/]+\/README|README|CONTRIBUTING|SECURITY|\.changeset\/.*)\.md$/
const source = /^(?:packages|apps|tooling)\/[^/]+\/src\/.*\.ts$/

/** Words that leave the subject of a sentence open, the files in which each is refused, and the cure. */
const openSubjects = [
  {
    word: /\b(?:nobody|somebody|anybody|everybody|whoever|whomever|whom)\b/i,
    files: [prose, source],
    cure: 'names no actor: say which caller, thread or client'
  },
  {
    // Headings, titles and the texts of links may be questions without their sign.
    word: /(?<!^#.*|^title: |\[)\b(?:What|Who)\b(?![^.]*\?)/,
    files: [prose, source],
    cure: 'begins a statement: name the thing, as in "The result of an allocation."'
  },
  {
    word: /[;:] (?:what|who)\b(?![^.]*\?)|^(?:what|who)\b(?=[^?]*\.(?:\s|$))/,
    files: [prose, source],
    cure: 'begins a clause: name the thing, as in "; the rest is …"'
  }
]

/** Holds the part of the house's English that a rule can hold: sentences have a subject. Looks at documents, and at the comments of sources. */
export function checkEnglish(root: string): Problem[] {
  const problems: Problem[] = []
  for (const file of listFiles(root)) {
    const rules = openSubjects.filter(({ files }) => files.some((one) => one.test(file)))
    if (rules.length === 0) continue
    for (const [at, line] of readText(root, file).split('\n').entries()) {
      const text = source.test(file) ? /(?:^\s*\/?\*|\/\/)(.*)/.exec(line)?.[1] : line
      for (const { word, cure } of rules) {
        const found = word.exec(text ?? '')?.[0]
        if (found !== undefined) problems.push({ rule: 'english', file: `${file}:${at + 1}`, message: `"${found}" ${cure}` })
      }
    }
  }
  return problems
}
