/** @import { Notice } from '../src/sample.js' */
import { ofCount, ofTime } from './figures.js'

const most = 200
const grave = new Set(['leak', 'writeAfterRelease', 'heldTooLong'])

/** What happened, newest first. */
export class NoticeList {
  #list
  #quiet

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} quiet - what is shown while the list is empty
   */
  constructor(list, quiet) {
    this.#list = list
    this.#quiet = quiet
  }

  /** @param {readonly Notice[]} notices */
  add(notices) {
    for (const notice of notices) this.#list.prepend(itemOf(notice))
    while (this.#list.children.length > most) this.#list.lastElementChild?.remove()
    this.#quiet.hidden = this.#list.children.length > 0
  }
}

/** @param {Notice} notice */
function itemOf({ at, pool, event, text, times, place }) {
  const item = document.createElement('li')
  if (grave.has(event)) item.className = 'grave'
  const time = document.createElement('time')
  time.dateTime = new Date(at).toISOString()
  time.textContent = ofTime(at)
  const name = document.createElement('strong')
  name.textContent = pool
  item.append(time, name, `${pool === '' ? '' : ' · '}${text}${times > 1 ? ` (${ofCount(times)} times)` : ''}`)
  if (place !== undefined) {
    const stack = document.createElement('pre')
    stack.tabIndex = 0
    stack.textContent = place
    item.append(stack)
  }
  return item
}
