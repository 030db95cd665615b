/** @import { Sample } from '../src/sample.js' */
import { Charts } from './charts.js'
import { ofBytes, ofCount, ofTime } from './figures.js'
import { History } from './history.js'
import { NoticeList } from './notice-list.js'
import { PoolTable } from './pool-table.js'

/**
 * An element of the page, by its id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function element(id, kind) {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`the page has no #${id}`)
}

const state = element('state', HTMLParagraphElement)
const processList = element('process', HTMLDListElement)
const pause = element('pause', HTMLButtonElement)
const moment = element('moment', HTMLInputElement)
const shown = element('shown', HTMLOutputElement)
const choice = element('choice', HTMLSelectElement)

const history = new History()
const charts = new Charts(element('curves', HTMLDivElement), () => choice.value)
const table = new PoolTable(element('pools', HTMLTableElement), show)
const notices = new NoticeList(element('notices', HTMLOListElement), element('quiet', HTMLParagraphElement))

/** The samples that are looked at while time stands still; undefined while it runs. */
/** @type {readonly Sample[] | undefined} */
let still

function show() {
  const samples = still ?? history.samples
  moment.max = String(Math.max(0, samples.length - 1))
  if (still === undefined) moment.value = moment.max
  const until = samples.slice(0, Number(moment.value) + 1)
  const now = until.at(-1)
  if (now === undefined) return
  shown.value = still === undefined ? 'now' : ofTime(now.at)
  charts.show(samples)
  table.show(until, still === undefined)
  showProcess(now)
  element('none', HTMLParagraphElement).hidden = now.pools.length > 0
  offer(now)
}

/** @param {Sample} sample */
function showProcess({ process }) {
  processList.hidden = process === undefined
  if (process === undefined) return
  const figures = [
    ['resident', ofBytes(process.rss)],
    ['heap', ofBytes(process.heapUsed)],
    ['buffers', ofBytes(process.arrayBuffers)],
    ['collections', `${ofCount(process.collections)}, ${process.collectionMs.toFixed(1)} ms`]
  ]
  processList.replaceChildren(
    ...figures.map(([name = '', value = '']) => {
      const pair = document.createElement('div')
      pair.append(Object.assign(document.createElement('dt'), { textContent: name }))
      pair.append(Object.assign(document.createElement('dd'), { textContent: value }))
      return pair
    })
  )
}

/**
 * Offers each pool in the list of choices.
 * @param {Sample} sample
 */
function offer({ pools }) {
  const known = new Set(Array.from(choice.options, ({ value }) => value))
  for (const { id } of pools) if (!known.has(id)) choice.add(new Option(id, id))
}

/** @param {boolean} stands */
function stop(stands) {
  still = stands ? [...history.samples] : undefined
  pause.setAttribute('aria-pressed', String(stands))
  pause.textContent = stands ? 'Go on' : 'Pause'
  show()
}

pause.addEventListener('click', () => stop(still === undefined))
moment.addEventListener('input', () => {
  const { value } = moment
  if (still === undefined) stop(true)
  moment.value = value
  show()
})
choice.addEventListener('change', show)
element('time', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault())
document.addEventListener('keydown', (event) => {
  const { target } = event
  if (event.key !== ' ' || event.ctrlKey || event.metaKey || event.altKey) return
  if (target instanceof HTMLButtonElement || target instanceof HTMLSelectElement) return
  event.preventDefault()
  stop(still === undefined)
})

const events = new EventSource('live-samples')
events.addEventListener('open', () => {
  state.textContent = 'live'
  state.className = ''
})
events.addEventListener('error', () => {
  state.textContent = 'no connection; trying again'
  state.className = 'bad'
})
events.addEventListener('message', ({ data }) => {
  /** @type {Sample} */
  const sample = JSON.parse(data)
  history.add(sample)
  notices.add(sample.notices)
  if (sample.advice !== undefined) table.advise(sample.advice)
  if (still === undefined) show()
})
