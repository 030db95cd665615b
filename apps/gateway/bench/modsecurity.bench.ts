import { readFileSync } from 'node:fs'
import { SizeClassPool } from '@pool/core'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table } from '../../../tooling/bench-kit/src/table.js'
import { OWN_SAMPLES, readSamples, type Sample } from '../src/demo/samples.js'
import { createThreatDetector, type ThreatDetector } from '../src/detector/index.js'
import { BODIES } from './bodies.js'
import { hasModsecurity, type InspectedRequest, type Inspection, Modsecurity } from './modsecurity/modsecurity.js'
import { NEW_BODIES } from './new-bodies.js'

type Inspect = (requests: readonly InspectedRequest[]) => Promise<readonly Inspection[]>

const VALUES: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../fixtures/ordinary-values.json', import.meta.url), 'utf8')
)
const KIBIBYTE = 1024
const FORM = 'application/x-www-form-urlencoded'
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'

/**
 * The detector beside ModSecurity 3 with the Core Rule Set: CPU for a request, attacks found, ordinary requests flagged. Both get the same
 * requests in turns; a request counts as flagged where the detector has a finding, and where ModSecurity would stop it.
 */
export async function besideModsecurity(short: boolean, corpus: string | undefined): Promise<string> {
  if (!hasModsecurity()) {
    return 'The comparison with ModSecurity is left out: it needs cc, libmodsecurity-dev and modsecurity-crs.'
  }
  const pool = new SizeClassPool({ name: 'bench-scratch', clear: 'never' })
  const detector = createThreatDetector({ source: pool })
  const modsecurity = new Modsecurity(1)
  const stricter = new Modsecurity(2)
  try {
    const gateway: Inspect = async (requests) => requests.map((request) => inspected(detector, request))
    const other: Inspect = (requests) => modsecurity.inspect(requests)
    const strict: Inspect = (requests) => stricter.inspect(requests)
    return `${await costs(gateway, other, short)}\n\n${await scores(gateway, other, strict, short, corpus)}`
  } finally {
    await Promise.all([modsecurity.close(), stricter.close()])
    pool.destroy()
  }
}

function inspected(detector: ThreatDetector, { method, url, headers, body }: InspectedRequest): Inspection {
  const before = process.cpuUsage()
  const { verdict } = detector.analyzeRequest({ method, url, headers }, body)
  const { user, system } = process.cpuUsage(before)
  return { isFlagged: verdict === 'threat', cpu: user + system }
}

/** CPU for a body, of bodies that come again and of bodies that are each new. */
async function costs(gateway: Inspect, other: Inspect, short: boolean): Promise<string> {
  const bodies = [
    ...BODIES.map(({ name, type, body }) => ({
      name: `again: ${name}`,
      type,
      bytes: body.length,
      next: (count: number) => Array(count).fill(body)
    })),
    ...NEW_BODIES.map(({ name, type, bytes, next }) => ({ name: `new: ${name}`, type, bytes, next }))
  ]
  const rows: string[][] = []
  for (const { name, type, bytes, next } of bodies) {
    const some = (): readonly InspectedRequest[] => next(bytes > 8 * KIBIBYTE ? 4 : 40).map((body: Buffer) => posted(type, body))
    const rounds: { readonly ours: readonly Inspection[]; readonly theirs: readonly Inspection[] }[] = []
    // Code of the gateway is compiled as it runs; that of ModSecurity is compiled already.
    for (let round = 0; round < 20; round += 1) await gateway(some())
    for (let round = 0; round < (short ? 5 : 11); round += 1) {
      const requests = some()
      rounds.push({ ours: await gateway(requests), theirs: await other(requests) })
    }
    const [ours, theirs] = [median(rounds.map((round) => meanOf(round.ours))), median(rounds.map((round) => meanOf(round.theirs)))]
    const flags = [shareOf(rounds.flatMap((round) => round.ours)), shareOf(rounds.flatMap((round) => round.theirs))]
    rows.push([name, figure(ours), figure(theirs), figure(theirs / ours), ...flags])
  }
  const head = ['body', 'gateway', 'ModSecurity', 'times', 'flagged', 'by ModSecurity']
  return `Beside ModSecurity 3 with the Core Rule Set, µs of CPU for a request\n${table(head, rows)}`
}

/** What each finds of labelled sets, and what that costs; the first time and again, since the detector remembers texts. */
async function scores(gateway: Inspect, other: Inspect, strict: Inspect, short: boolean, corpus: string | undefined): Promise<string> {
  const rows: string[][] = []
  for (const [name, requests] of setsOf(short, corpus)) {
    const [ours, theirs, stricter] = [await gateway(requests), await other(requests), await strict(requests)]
    const means = [ours, await gateway(requests), theirs].map((inspections) => figure(meanOf(inspections)))
    rows.push([name, String(requests.length), ...[ours, theirs, stricter].map(shareOf), ...means])
  }
  const head = ['requests', 'number', 'gateway', 'ModSecurity', 'at level 2', 'µs: gateway', 'again', 'ModSecurity']
  return `What each flags: of attacks the more the better, of ordinary requests the fewer\n${table(head, rows)}`
}

function setsOf(short: boolean, corpus: string | undefined): readonly (readonly [string, readonly InspectedRequest[]])[] {
  const fixtures = readSamples(OWN_SAMPLES)
  const values = Object.values(VALUES)
    .flat()
    .filter((_, index) => !short || index % 4 === 0)
  const sets: (readonly [string, readonly InspectedRequest[]])[] = [
    ['attacks of the fixtures', labelled(fixtures, 'attack')],
    ['ordinary requests of the fixtures', labelled(fixtures, 'ordinary')],
    ['ordinary values in a form', values.map((value) => posted(FORM, Buffer.from(`page=2&${new URLSearchParams({ title: value })}`)))],
    ['ordinary values in JSON', values.map((value) => posted('application/json', Buffer.from(JSON.stringify({ page: 2, title: value }))))],
    [
      'ordinary values in the URL',
      values.map((value) => sent('GET', `/?page=2&${new URLSearchParams({ title: value })}`, {}, Buffer.alloc(0)))
    ]
  ]
  if (corpus === undefined) return sets
  // The runner of the Core Rule Set's own tests sends a body without a type as a form.
  const requests = readSamples(corpus).map((request) =>
    request.body === '' ? request : { ...request, headers: { 'Content-Type': FORM, ...request.headers } }
  )
  return [...sets, ['attacks of the corpus', labelled(requests, 'attack')], ['lookalikes of the corpus', labelled(requests, 'lookalike')]]
}

function posted(type: string, body: Buffer): InspectedRequest {
  return sent('POST', '/', { 'content-type': type }, body)
}

function labelled(requests: readonly Sample[], label: Sample['label']): readonly InspectedRequest[] {
  return requests
    .filter((request) => request.label === label)
    .map(({ method, uri, headers, body }) => sent(method, uri, headers, Buffer.from(body)))
}

/** With the headers that any client adds, where they are missing: the Core Rule Set counts their absence against a request. */
function sent(method: string, url: string, headers: Readonly<Record<string, string>>, body: Buffer): InspectedRequest {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const length = body.length > 0 || method === 'POST' ? { 'content-length': String(body.length) } : {}
  return { method, url, headers: { host: 'www.example.com', 'user-agent': BROWSER, accept: '*/*', ...length, ...lower }, body }
}

function isFlagged(inspection: Inspection): boolean {
  return inspection.isFlagged
}

function meanOf(inspections: readonly Inspection[]): number {
  return inspections.reduce((sum, { cpu }) => sum + cpu, 0) / inspections.length
}

function shareOf(inspections: readonly Inspection[]): string {
  return `${((100 * inspections.filter(isFlagged).length) / inspections.length).toFixed(1)} %`
}
