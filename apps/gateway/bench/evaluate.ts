import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SizeClassPool } from '@pool/core'
import { Command, InvalidArgumentError } from 'commander'
import { table } from '../../../tooling/bench-kit/src/table.js'
import { describeScore } from '../src/demo/report.js'
import { OWN_SAMPLES, readSamples } from '../src/demo/samples.js'
import { createThreatDetector } from '../src/detector/index.js'
import { HALVES, halfOf, scoreSamples } from '../test/detector/score-samples.js'
import { CONTENT_TYPES, collectOrdinaryFiles, HARDER, type OrdinaryFile } from './ordinary-files.js'

const MEGABYTE = 1e6
/** Files of one type that are read at the most. */
const MOST_OF_A_TYPE = 700

/** Paths are those of the caller; pnpm runs this in the package's folder. */
function pathOf(typed: string): string {
  const path = resolve(process.env.INIT_CWD ?? '', typed)
  if (existsSync(path)) return path
  throw new InvalidArgumentError('There is no such file or folder.')
}

const { corpus, ordinary } = new Command('pnpm --filter @pool/gateway evaluate')
  .description('Tells how many attacks the detector finds, and how much of what is ordinary it flags.')
  .option('--corpus <file>', 'labelled requests, one JSON object a line', pathOf)
  .option('--ordinary <folder...>', 'ordinary files, each sent as a body', (path, paths: string[]) => [...paths, pathOf(path)], [])
  .parse()
  .opts<{ corpus?: string; ordinary: string[] }>()

const pool = new SizeClassPool({ name: 'evaluate-scratch', clear: 'never' })
const detector = createThreatDetector({ source: pool })
try {
  console.log(`Fixtures\n\n${describeScore(scoreSamples(detector, readSamples(OWN_SAMPLES)))}\n`)
  for (const half of corpus === undefined ? [] : HALVES) {
    const samples = readSamples(corpus as string).filter(({ id }) => halfOf(id) === half)
    console.log(`Corpus, ${half} half\n\n${describeScore(scoreSamples(detector, samples))}\n`)
  }
  if (ordinary.length > 0) printOrdinary(collectOrdinaryFiles(ordinary, MOST_OF_A_TYPE))
} finally {
  pool.destroy()
}

/**
 * Ordinary files under their own content type, under none, as plain text, declared as a form, as `curl -d @file` does, and as one
 * string of a JSON message.
 */
function printOrdinary(files: readonly OrdinaryFile[]): void {
  for (const half of HALVES) {
    const chosen = files.filter(({ path }) => halfOf(path) === half)
    const types = Object.keys(CONTENT_TYPES).filter((type) => chosen.some((file) => file.type === type))
    const rows = types.map((type) =>
      ordinaryRow(
        HARDER.has(type) ? `${type} *` : type,
        chosen.filter((file) => file.type === type)
      )
    )
    const softer = chosen.filter(({ type }) => !HARDER.has(type))
    const head = ['type', 'files', 'flagged', 'share', 'no type', 'as text', 'as form', 'in JSON', 'MB', 'MB/s']
    console.log(`Ordinary files, ${half} half (* near to attacks, apart)\n\n${table(head, [...rows, ordinaryRow('all but *', softer)])}\n`)
  }
}

function ordinaryRow(name: string, files: readonly OrdinaryFile[]): string[] {
  const flagged = (type: (file: OrdinaryFile) => string | undefined, body = (file: OrdinaryFile) => file.body): number =>
    files.filter((file) => {
      const headers = { 'content-type': type(file) }
      return detector.analyzeRequest({ method: 'POST', url: '/', headers }, body(file)).verdict === 'threat'
    }).length
  const share = (part: number): string => (files.length === 0 ? '-' : `${((100 * part) / files.length).toFixed(1)} %`)
  const started = performance.now()
  const own = flagged(({ type }) => CONTENT_TYPES[type])
  const seconds = (performance.now() - started) / 1000
  const megabytes = files.reduce((sum, { body }) => sum + body.length, 0) / MEGABYTE
  const declared = [undefined, 'text/plain', 'application/x-www-form-urlencoded'].map((type) => share(flagged(() => type)))
  const inJson = flagged(
    () => 'application/json',
    ({ body }) => Buffer.from(JSON.stringify({ content: body.toString() }))
  )
  return [
    ...[name, String(files.length), String(own), share(own), ...declared, share(inJson)],
    ...[megabytes.toFixed(1), (megabytes / seconds).toFixed(0)]
  ]
}
