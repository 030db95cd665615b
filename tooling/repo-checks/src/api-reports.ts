import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel, type IConfigFile } from '@microsoft/api-extractor'
import type { Problem } from './problem.js'
import { listPackages } from './tree.js'

const reportFolder = 'api-report'

/**
 * Compares the built declarations of each entry with the committed reports, so that a change of the surface is seen
 * where it is reviewed. With `update`, writes the reports instead and finds nothing.
 */
export function checkApiReports(root: string, update = false): Problem[] {
  const entries = listPackages(root, 'packages').flatMap((folder) => entriesOf(root, folder))
  const target = mkdtempSync(join(tmpdir(), 'api-report-'))
  try {
    writeReports(entries, target)
    return listPackages(root, 'packages').flatMap((folder) => {
      const reports = new Map(
        entries.filter((one) => one.folder === folder).map((one) => [one.report, readFileSync(join(target, one.id), 'utf8')])
      )
      const committed = join(root, folder, reportFolder)
      if (update) replaceReports(committed, reports)
      return comparedWith(committed, reports).map((message) => ({ rule: 'api-report', file: `${folder}/${reportFolder}`, message }))
    })
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
}

/** An entry of a package: its declarations, and the names of its report. */
interface Entry {
  readonly folder: string
  readonly projectFolder: string
  readonly declarations: string
  readonly report: string
  /** A name for the report that no other package has. */
  readonly id: string
}

function entriesOf(root: string, folder: string): Entry[] {
  const projectFolder = join(root, folder)
  const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as Manifest
  return Object.entries(manifest.exports).flatMap(([key, entry]) => {
    if (typeof entry === 'string') return []
    const report = `${key === '.' ? 'index' : key.slice(2).replaceAll('/', '-')}.api.md`
    return [
      {
        folder,
        projectFolder,
        declarations: join(projectFolder, entry.import.types),
        report,
        id: `${folder.replaceAll('/', '-')}-${report}`
      }
    ]
  })
}

interface Manifest {
  readonly exports: Record<string, string | { readonly import: { readonly types: string } }>
}

/** Writes the reports of all entries, out of one program: a program each takes many times as long. */
function writeReports(entries: readonly Entry[], target: string): void {
  const [first, ...others] = entries.map((entry) => configOf(entry, target))
  if (first === undefined) return
  const compilerState = CompilerState.create(first, { additionalEntryPoints: entries.map((entry) => entry.declarations) })
  for (const config of [first, ...others]) {
    Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback: (message) => {
        message.handled = true
      }
    })
  }
}

function configOf(entry: Entry, target: string): ExtractorConfig {
  const silent = { default: { logLevel: ExtractorLogLevel.None } }
  const configObject: IConfigFile = {
    projectFolder: entry.projectFolder,
    mainEntryPointFilePath: entry.declarations,
    compiler: { overrideTsconfig: { compilerOptions } },
    apiReport: { enabled: true, reportFolder: target, reportTempFolder: target, reportFileName: entry.id.replace(/\.api\.md$/, '') },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    // Release tags and links are typedoc's to check.
    messages: { compilerMessageReporting: silent, extractorMessageReporting: silent, tsdocMessageReporting: silent },
    newlineKind: 'lf'
  }
  const packageJsonFullPath = join(entry.projectFolder, 'package.json')
  return ExtractorConfig.prepare({ configObject, configObjectFullPath: undefined, packageJsonFullPath })
}

const compilerOptions = {
  ...{ target: 'es2022', lib: ['es2022', 'dom', 'esnext.disposable'], module: 'esnext', moduleResolution: 'bundler' },
  ...{ types: ['node'], strict: true, skipLibCheck: true }
}

function replaceReports(target: string, reports: ReadonlyMap<string, string>): void {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const [name, text] of reports) writeFileSync(join(target, name), text)
}

function comparedWith(target: string, reports: ReadonlyMap<string, string>): string[] {
  const committed = existsSync(target) ? readdirSync(target) : []
  const stale = committed.filter((name) => !reports.has(name)).map((name) => `${name} has no entry: run pnpm api-reports`)
  const changed = [...reports].flatMap(([name, text]) => {
    const before = committed.includes(name) ? readFileSync(join(target, name), 'utf8') : ''
    const line = firstDifference(before, text)
    return line === undefined
      ? []
      : [`${name}: the public surface changed, at line ${line}. Look at it, then run pnpm api-reports and commit`]
  })
  return [...stale, ...changed]
}

function firstDifference(before: string, after: string): string | undefined {
  if (before === after) return undefined
  const [old, now] = [before.split('\n'), after.split('\n')]
  const at = now.findIndex((line, index) => line !== old[index])
  return at === -1 ? `${now.length}, which ends it now` : `${at + 1}, now: ${now[at]}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  checkApiReports(fileURLToPath(new URL('../../..', import.meta.url)), true)
}
