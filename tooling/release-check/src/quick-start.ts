import ts from 'typescript'

/** The promise of a package's README to a newcomer: the lines to install it with, and the first program. */
export interface QuickStart {
  /** The words after `npm install` of each line of the README's part "Install". */
  readonly install: readonly string[][]
  /** The first block of TypeScript after "Quick start"; nothing where the README has no such part. */
  readonly program: string | undefined
}

/** Reads the parts "Install" and "Quick start" of a README. */
export function readQuickStart(readme: string): QuickStart {
  const install = [...section(readme, 'Install').matchAll(/^npm install (.*)$/gm)].map(([, words = '']) =>
    words.replace(/#.*/, '').trim().split(/\s+/)
  )
  return { install, program: /^```ts\n(.*?)^```$/ms.exec(section(readme, 'Quick start'))?.[1] }
}

function section(readme: string, title: string): string {
  const [, rest = ''] = readme.split(new RegExp(`^## ${title}$`, 'm'))
  return rest.split(/^## /m)[0] ?? ''
}

/** The packages that a program imports, Node's own left out. */
export function importedPackages(program: string): string[] {
  const names = ts.preProcessFile(program).importedFiles.map((file) => file.fileName)
  const packages = names
    .filter((name) => !name.startsWith('node:') && !name.startsWith('.'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/')
    )
  return [...new Set(packages)]
}

/** The program with everything after its imports in a function, since CommonJS can't await at the top. */
export function awaitInside(program: string): string {
  const file = ts.createSourceFile('program.ts', program, ts.ScriptTarget.ES2022)
  const end = Math.max(0, ...file.statements.filter(ts.isImportDeclaration).map((statement) => statement.end))
  return `${program.slice(0, end)}\n\nasync function main() {${program.slice(end)}}\n\nvoid main()\n`
}

/** The program as JavaScript. */
export function toJavaScript(program: string, format: 'esm' | 'cjs'): string {
  const module = format === 'esm' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS
  return ts.transpileModule(program, { compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true } }).outputText
}
