import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SizeClassPool } from '@pool/core'
import { Command, InvalidArgumentError } from 'commander'
import { layTable } from '../../lay-table.js'
import { createThreatDetector, type ThreatDetector } from '../threat-detector.js'
import { halfOf, type LabelledRequest, readCorpus } from './corpus.js'
import { CONTENT_TYPES, collectOrdinaryFiles, HARDER, type OrdinaryFile } from './ordinary-files.js'
import { scoreRequests } from './score.js'

const FIXTURES = new URL('../../../fixtures/requests.jsonl', import.meta.url)
const MEGABYTE = 1e6
/** Files of one type that are read at the most. */
const MOST_OF_A_TYPE = 700

/** Paths are those of who typed them; pnpm runs this in the package's folder. */
function pathOf(typed: string): string {
  const path = resolve(process.env.INIT_CWD ?? '', typed)
  if (existsSync(path)) return path
  throw new InvalidArgumentError('There is no such file or folder.')
}

const { corpus, ordinary } = new Command('pnpm --filter @pool/gateway evaluate')
  .description('Tells how many attacks the detector finds, and how much of what is ordinary it flags.')
  .option('--corpus <file>', 'labelled requests, one JSON object a line', pathOf)
  .option(
    '--ordinary <folder...>',
    'folders of ordinary files, each of which is sent as a body',
    (path, paths: string[]) => [...paths, pathOf(path)],
    []
  )
  .parse()
  .opts<{ corpus?: string; ordinary: string[] }>()

const pool = new SizeClassPool({ name: 'evaluate-scratch', clear: 'never' })
const detector = createThreatDetector({ source: pool })
try {
  printScores('Fixtures', readCorpus(FIXTURES))
  if (corpus !== undefined) printCorpus(corpus)
  if (ordinary.length > 0) printOrdinary(collectOrdinaryFiles(ordinary, MOST_OF_A_TYPE))
} finally {
  detector.destroy()
  pool.destroy()
}

function printCorpus(file: string): void {
  const requests = readCorpus(file)
  for (const half of ['tuning', 'held-out'] as const) {
    printScores(
      `Corpus, ${half} half`,
      requests.filter((request) => halfOf(request.id) === half)
    )
  }
}

function printScores(title: string, requests: readonly LabelledRequest[]): void {
  const rows = scoreRequests(detector, requests).map((score) => [
    score.kind,
    String(score.attacks),
    String(score.found),
    formatShare(score.found, score.attacks),
    formatShare(score.ownKind, score.attacks),
    String(score.lookalikes),
    formatShare(score.lookalikesFlagged, score.lookalikes),
    String(score.ordinary),
    formatShare(score.ordinaryFlagged, score.ordinary)
  ])
  const header = ['kind', 'attacks', 'found', 'share', 'own kind', 'lookalikes', 'flagged', 'ordinary', 'flagged']
  console.log(`${title}\n\n${layTable(header, rows)}\n`)
}

/**
 * Ordinary files under their own content type, under none, as plain text, declared as a form, as `curl -d @file` does, and as one
 * string of a JSON message.
 */
function printOrdinary(files: readonly OrdinaryFile[]): void {
  for (const half of ['tuning', 'held-out'] as const) {
    const chosen = files.filter((file) => halfOf(file.path) === half)
    const rows = Object.keys(CONTENT_TYPES).map((type) =>
      ordinaryRow(
        type,
        chosen.filter((file) => file.type === type)
      )
    )
    const softer = chosen.filter((file) => !HARDER.has(file.type))
    rows.push(ordinaryRow('all but *', softer))
    const header = ['type', 'files', 'flagged', 'share', 'no type', 'as text', 'as form', 'in JSON', 'MB', 'MB/s']
    console.log(`Ordinary files, ${half} half (* near to attacks, apart)\n`)
    console.log(
      `${layTable(
        header,
        rows.filter((row) => row[1] !== '0')
      )}\n`
    )
  }
}

function ordinaryRow(type: string, files: readonly OrdinaryFile[]): string[] {
  const started = performance.now()
  const flagged = countFlagged(detector, files, (file) => CONTENT_TYPES[file.type])
  const seconds = (performance.now() - started) / 1000
  const bytes = files.reduce((sum, file) => sum + file.body.length, 0)
  return [
    HARDER.has(type) ? `${type} *` : type,
    String(files.length),
    String(flagged),
    formatShare(flagged, files.length),
    formatShare(
      countFlagged(detector, files, () => undefined),
      files.length
    ),
    formatShare(
      countFlagged(detector, files, () => 'text/plain'),
      files.length
    ),
    formatShare(
      countFlagged(detector, files, () => 'application/x-www-form-urlencoded'),
      files.length
    ),
    formatShare(
      countFlagged(detector, files.map(inJson), () => 'application/json'),
      files.length
    ),
    (bytes / MEGABYTE).toFixed(1),
    (bytes / MEGABYTE / seconds).toFixed(0)
  ]
}

function inJson(file: OrdinaryFile): OrdinaryFile {
  return { ...file, body: Buffer.from(JSON.stringify({ content: file.body.toString() })) }
}

function countFlagged(
  subject: ThreatDetector,
  files: readonly OrdinaryFile[],
  contentType: (file: OrdinaryFile) => string | undefined
): number {
  return files.filter((file) => {
    const headers = { 'content-type': contentType(file) }
    return subject.analyzeRequest({ method: 'POST', url: '/', headers }, file.body).verdict === 'threat'
  }).length
}

/** A share as a percentage; a dash where there is nothing to share. */
function formatShare(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`
}
