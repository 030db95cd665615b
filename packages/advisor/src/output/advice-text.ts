import colours from 'picocolors'
import { getBorderCharacters, table } from 'table'
import type { Advice, PoolAdvice, SiteAdvice } from '../advice/advice.js'
import { percent, percentRange, rate, size, whole } from '../advice/in-words.js'

const verdicts = { 'out-of-reach': 'out of reach', leave: 'leave it' }
/** Rows that say `leave it` beyond these are only counted. */
const mostLeft = 5

/**
 * Advice for a terminal: the verdict, a table of the sites, the lines to change, and the part that was not seen.
 * @param options - `colour`: whether the terminal shows colours; default false
 */
export function adviceText(advice: Advice, options: { readonly colour?: boolean } = {}): string {
  const paint = colours.createColors(options.colour ?? false)
  // Names of files may hold characters that a terminal takes for a command.
  const printable = (_: string, value: unknown) => (typeof value === 'string' ? value.replaceAll(/[^\P{Cc}\n]/gu, '?') : value)
  const { sites, summary, pools, unseen, notes } = JSON.parse(JSON.stringify(advice), printable) as Advice
  const changes = sites.filter(({ verdict }) => verdict === 'change')
  const left = sites.filter(({ verdict }) => verdict === 'leave')
  const shown = sites.filter((site) => site.verdict !== 'leave' || left.indexOf(site) < mostLeft)
  const sections = [
    paint.bold(summary),
    ...(shown.length > 0 ? [siteTable(shown, advice)] : []),
    ...(left.length > mostLeft ? [`${left.length - mostLeft} more places with nothing to gain.`] : []),
    ...sites.filter(({ verdict }) => verdict === 'out-of-reach').map(({ place, reason }) => `${place}: out of reach. ${reason}`),
    ...changes.map((site, index) => changeText(site, index + 1, paint)),
    ...pools.map(poolText),
    [...unseenLines(unseen), ...notes].join('\n')
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}

/** The share of the bytes that was not seen, and why, a sentence each. */
export function unseenLines({ bytesRatio, reasons }: Advice['unseen']): string[] {
  if (bytesRatio === undefined && reasons.length === 0) return []
  const share = bytesRatio === undefined ? 'Some bytes were' : `${percent(bytesRatio)} of the bytes were`
  return [`${share} made where the advisor can not look.`, ...reasons]
}

function siteTable(sites: readonly SiteAdvice[], { durationMs }: Advice): string {
  const rows = sites.map(({ place, library, maker, bytes, verdict, change, savings }) => [
    place,
    library ?? '',
    maker,
    rate(bytes, durationMs),
    ...(verdict === 'change'
      ? [percentRange(savings.cpuRatio), whole(savings.minorFaults.expected), size(savings.peakRssBytes.expected)]
      : ['', '', '']),
    verdict === 'change' ? (change?.api ?? '') : verdicts[verdict]
  ])
  const text = table([['place', 'library', 'made by', 'makes', 'saves of CPU', 'faults', 'of peak RSS', 'what to do'], ...rows], {
    border: { ...getBorderCharacters('void'), joinBody: '─' },
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
    columns: [3, 4, 5, 6].reduce((so, column) => Object.assign(so, { [column]: { alignment: 'right' } }), {}),
    drawHorizontalLine: (index) => index === 1
  })
  return text.replaceAll(/ +$/gm, '').trimEnd()
}

function changeText({ place, change }: SiteAdvice, number: number, paint: ReturnType<typeof colours.createColors>): string {
  if (change === undefined) return ''
  const { what, before, after } = change
  return [
    paint.bold(`${number}. ${place}`),
    `   ${what}`,
    `   npm install ${installed(change.package)}`,
    ...before.split('\n').map((line) => paint.red(`   - ${line}`)),
    ...after.split('\n').map((line) => paint.green(`   + ${line}`.trimEnd()))
  ].join('\n')
}

/** The packages of a change, as arguments of `npm install`. */
export function installed(name: string): string {
  return name === '@pool/core' ? name : `@pool/core ${name}`
}

function poolText({ name, kind, recommendations }: PoolAdvice): string {
  return [`Pool ${name} (${kind})`, ...recommendations.map(({ finding, remedy }) => `   ${finding} ${remedy}`)].join('\n')
}
