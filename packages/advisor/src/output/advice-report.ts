import { createHash } from 'node:crypto'
import type { Advice, Estimate, PoolAdvice, SiteAdvice } from '../advice/advice.js'
import { percent, percentRange, rate, size, whole } from '../advice/in-words.js'
import type { Profile } from '../profile.js'
import { installed, unseenLines } from './advice-text.js'
import { escaped } from './escaped.js'
import { flame } from './flame.js'
import { reportStyle } from './report-style.js'

const verdicts = { change: 'change', 'out-of-reach': 'out of reach', leave: 'leave it' }

/**
 * Advice as one HTML file: it loads nothing, runs no script, and holds under a Content-Security-Policy that forbids both.
 * @param profile - the profile that the advice was made from, for the bars by caller
 */
export function adviceReport(advice: Advice, profile: Profile): string {
  const { sites, summary, worthwhile, pools, unseen, notes, durationMs, node, calibration } = advice
  const changes = sites.filter(({ verdict }) => verdict === 'change')
  const hash = createHash('sha256').update(reportStyle).digest('base64')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<title>${worthwhile ? 'Pools pay here' : 'Nothing to gain by pools'} · pool-advisor</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>Would a memory pool pay?</h1>
<p class="verdict">${escaped(summary)}</p>
<p class="quiet">Node ${escaped(node.replace(/^v/, ''))}, ${(durationMs / 1000).toFixed(1)} s from ${escaped(profile.startedAt)}, process ${profile.pid}.</p>
</header>
<main>
${figures(advice)}
<h2 id="where">Where the bytes come from</h2>
<div class="scroll" role="region" tabindex="0" aria-labelledby="where">${flame(profile)}</div>
<h2 id="sites">Places</h2>
<div class="scroll" role="region" tabindex="0" aria-labelledby="sites">${siteTable(sites, advice)}</div>
${changes.length > 0 ? `<h2>What to change</h2>\n${changes.map(changeArticle).join('\n')}` : ''}
${pools.length > 0 ? `<h2>Pools that the program has</h2>\n${pools.map(poolArticle).join('\n')}` : ''}
<h2>How far the figures go</h2>
<ul>
${[...unseenLines(unseen), ...notes].map((line) => `<li>${escaped(line)}</li>`).join('\n')}
<li>${escaped(`A page fault costs ${calibration.faultUs.toFixed(1)} µs on the machine that made this report, a fresh allocation ${calibration.allocationUs.toFixed(1)} µs beyond its faults, an acquire and a release of a pool ${calibration.poolUs.toFixed(2)} µs.`)}</li>
<li>Each figure is estimated from samples; the range in brackets says how far it may be off.</li>
</ul>
</main>
</body>
</html>
`
}

function figures({ savings, process }: Advice): string {
  const entries = [
    ['CPU time saved', percent(savings.cpuRatio.expected), `${percent(savings.cpuRatio.low)} to ${percent(savings.cpuRatio.high)}`],
    ['Page faults saved', whole(savings.minorFaults.expected), `of ${whole(process.minorFaults)}`],
    ['Major collections saved', whole(savings.majorCollections.expected), `of ${whole(process.collections.major)}`],
    ['Off the peak of memory', size(savings.peakRssBytes.expected), `of ${size(process.peakRssBytes)}`]
  ]
  return `<dl class="figures">${entries.map(([name, value, note]) => `<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`).join('')}</dl>`
}

function siteTable(sites: readonly SiteAdvice[], { durationMs }: Advice): string {
  const heads = ['place', 'library', 'made by', 'makes', 'share', 'saves of CPU', 'what to do']
  const cell = (index: number, text: string, isFigure = false) =>
    `<td data-head="${heads[index]}"${isFigure ? ' class="figure"' : ''}>${escaped(text)}</td>`
  const rows = sites.map(({ place, library, maker, bytes, bytesRatio, verdict, change, reason, savings }) => {
    const cells = [
      cell(1, library ?? ''),
      cell(2, maker),
      cell(3, rate(bytes, durationMs), true),
      cell(4, percent(bytesRatio), true),
      cell(5, verdict === 'change' ? percentRange(savings.cpuRatio) : '', true),
      cell(6, verdict === 'change' ? (change?.api ?? '') : `${verdicts[verdict]}: ${reason}`)
    ]
    return `<tr><th scope="row">${escaped(place)}</th>${cells.join('')}</tr>`
  })
  return `<table><caption>Each place that makes Buffers, what pays most first.</caption>
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`
}

function changeArticle({ place, library, savings, change }: SiteAdvice): string {
  if (change === undefined) return ''
  const lines = (text: string, tag: 'del' | 'ins', sign: string) =>
    text
      .split('\n')
      .map((line) => `<${tag}>${sign} ${escaped(line)}</${tag}>`)
      .join('\n')
  return `<article>
<h3>${escaped(place)}${library === undefined ? '' : ` <span class="quiet">${escaped(library)}</span>`}</h3>
<p>Saves ${escaped(percentRange(savings.cpuRatio))} of the CPU time, ${whole(savings.minorFaults.expected)} page faults, and ${size(savings.peakRssBytes.expected)} of the peak of memory.</p>
${rangeBar(savings.cpuRatio)}
<p>${escaped(change.what)}</p>
<details open><summary>The lines to change</summary>
<pre tabindex="0"><code>npm install ${escaped(installed(change.package))}

${lines(change.before, 'del', '-')}
${lines(change.after, 'ins', '+')}</code></pre></details>
</article>`
}

/** The range of a share on a scale of 0 to 100 %, and the expected share in it. */
function rangeBar({ low, expected, high }: Estimate): string {
  const x = (ratio: number) => `${(ratio * 100).toFixed(2)}%`
  return `<svg class="range" aria-hidden="true"><rect class="track" y="5" width="100%" height="2"/><rect class="spread" x="${x(low)}" y="1" width="${x(high - low)}" height="10" rx="3"/><rect class="most" x="${x(Math.min(expected, 0.99))}" width="4" height="12" rx="2"/></svg>`
}

function poolArticle({ name, kind, recommendations }: PoolAdvice): string {
  const items = recommendations.map(({ finding, remedy }) => `<li>${escaped(finding)} ${escaped(remedy)}</li>`)
  return `<article><h3>${escaped(name)} <span class="quiet">${escaped(kind)}</span></h3><ul>${items.join('')}</ul></article>`
}
