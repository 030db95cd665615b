/** How the report looks: by light and by dark, on paper, and on a phone. */
export const reportStyle = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2126; --quiet: #59636e; --line: #d0d7de; --raised: #f6f8fa; --gain: #116329; --loss: #a40e26;
  --bar: #0969da; --bar-quiet: #b6d4f5; --tone0: #ffd8a8; --tone1: #ffc078; --tone2: #ffe3a3; --tone3: #ffcf99; --on-tone: #1c2126 }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --quiet: #9198a1; --line: #3d444d; --raised: #161b22; --gain: #56d364;
  --loss: #ff7b72; --bar: #4493f8; --bar-quiet: #1f4a7d; --tone0: #7a4a12; --tone1: #8a5a1c; --tone2: #6e5210; --tone3: #84501f; --on-tone: #fff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem }
h3 { font-size: 1rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
p { margin: .25rem 0 .75rem; max-width: 48rem }
.quiet, caption, dt { color: var(--quiet) }
.verdict { font-size: 1.15rem }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0 }
.figures div { flex: 1 1 9rem; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--raised) }
.figures dt { font-size: .85rem }
.figures dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums }
.figures small { display: block; color: var(--quiet); font-size: .8rem }
.scroll { overflow-x: auto }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px }
.flame { display: block; min-width: 40rem; font: 12px/1 ui-monospace, monospace }
.flame text { fill: var(--on-tone) }
.tone0 { fill: var(--tone0) } .tone1 { fill: var(--tone1) } .tone2 { fill: var(--tone2) } .tone3 { fill: var(--tone3) }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
caption { text-align: left; padding-bottom: .5rem }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
thead th { color: var(--quiet); font-weight: 600 }
tbody th { font: 600 .85rem/1.6 ui-monospace, monospace; overflow-wrap: anywhere }
.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 0 0 1rem }
.range { display: block; width: 100%; max-width: 24rem; height: 12px; margin: .25rem 0 .75rem }
.track { fill: var(--line) } .spread { fill: var(--bar-quiet) } .most { fill: var(--bar) }
summary { cursor: pointer; padding: .25rem 0 }
pre { overflow-x: auto; margin: .5rem 0 0; padding: .75rem; border-radius: .5rem; background: var(--raised); font: .85rem/1.5 ui-monospace, monospace }
del { color: var(--loss); text-decoration: none } ins { color: var(--gain); text-decoration: none }
@media (max-width: 40rem) {
  table, caption, tbody, tr, tbody th, td { display: block; width: auto }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tbody tr { border-bottom: 1px solid var(--line); padding: .5rem 0 }
  tbody th, td { border: 0; padding: .1rem 0 }
  td { display: flex; justify-content: space-between; gap: 1rem; text-align: right }
  td::before { content: attr(data-head); color: var(--quiet); text-align: left; flex: none }
  td:empty { display: none }
}
@media print { details > * { display: block } body { max-width: none } }
`
