import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'

/** One module of core, which a subject that needs no pool loads by itself. */
const ofCore = '../../core/src/kit/observing/'
const run = promisify(execFile)
/** Of this run alone: another may be under way. */
const folder = mkdtempSync(fileURLToPath(new URL('../dist/bench-', import.meta.url)))

/** Compiles the modules that are measured, so that they run in a Node that holds nothing else: a compiler in it would double its memory. */
export function compileSubjects(): void {
  for (const path of ['./subject.ts', './load.ts', `${ofCore}peak-resident-bytes.ts`]) {
    const source = readFileSync(new URL(path, import.meta.url), 'utf8')
    const { outputText } = transpileModule(source, { compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 } })
    writeFileSync(
      join(folder, `${basename(path, '.ts')}.js`),
      outputText.replace(/'[./]*tooling\/bench-kit\/src\/peak-memory\.js'/, "'./peak-resident-bytes.js'")
    )
  }
}

/** Takes the compiled modules away, since they would be published. */
export function removeSubjects(): void {
  rmSync(folder, { recursive: true, force: true })
}

/** Runs the subject in a Node of its own, and gives what it printed as JSON. */
export async function measured<T>(parameters: readonly string[]): Promise<T> {
  const { stdout } = await run(process.execPath, ['--expose-gc', join(folder, 'subject.js'), ...parameters])
  return JSON.parse(stdout) as T
}

/** A subject, or the other end of one, that runs until it is killed, on that core alone. */
export function started(
  module: 'subject' | 'load',
  parameters: readonly (string | number)[],
  core: number
): ChildProcessByStdio<Writable, Readable, null> {
  const command = ['-c', String(core), process.execPath, join(folder, `${module}.js`), ...parameters.map(String)]
  return spawn('taskset', command, { stdio: ['pipe', 'pipe', 'inherit'] })
}
