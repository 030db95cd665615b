import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'

const run = promisify(execFile)
const folder = new URL('../dist/bench/', import.meta.url)

/** Compiles the modules that are measured, so that they run in a Node that holds nothing else: a compiler in it would double its memory. */
export function compileSubjects(): void {
  mkdirSync(folder, { recursive: true })
  for (const name of ['subject', 'load']) {
    const source = readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8')
    const { outputText } = transpileModule(source, { compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 } })
    writeFileSync(new URL(`${name}.js`, folder), outputText)
  }
}

/** Takes the compiled modules away, since they would be published. */
export function removeSubjects(): void {
  rmSync(folder, { recursive: true, force: true })
}

/** Runs the subject in a Node of its own, and gives what it printed as JSON. */
export async function measured<T>(parameters: readonly string[]): Promise<T> {
  const { stdout } = await run(process.execPath, ['--expose-gc', new URL('subject.js', folder).pathname, ...parameters])
  return JSON.parse(stdout) as T
}
