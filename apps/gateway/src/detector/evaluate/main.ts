import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SizeClassPool } from '@pool/core'
import { createThreatDetector, type ThreatDetector } from '../threat-detector.js'
import { halfOf, type LabelledRequest, readCorpus } from './corpus.js'
import { CONTENT_TYPES, collectOrdinaryFiles, HARDER, type OrdinaryFile } from './ordinary-files.js'
import { scoreRequests } from './score.js'
import { formatShare, formatTable } from './table.js'

const FIXTURES = new URL('../../../fixtures/requests.jsonl', import.meta.url)
const MEGABYTE = 1e6

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    ordinary: { type: 'string', multiple: true, default: [] },
    'per-type': { type: 'string', default: '700' }
  }
})

const pool = new SizeClassPool({ name: 'evaluate-scratch', clear: 'never' })
const detector = createThreatDetector({ source: pool })
try {
  printScores('Fixtures', readCorpus(FIXTURES))
  if (values.corpus !== undefined) printCorpus(values.corpus)
  if (values.ordinary.length > 0) printOrdinary(collectOrdinaryFiles(values.ordinary, Number(values['per-type'])))
} finally {
  detector.destroy()
  pool.destroy()
}

function printCorpus(file: string): void {
  if (!existsSync(file)) throw new Error(`no such file: ${file}`)
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
  console.log(`${title}\n\n${formatTable(header, rows)}\n`)
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
      `${formatTable(
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
