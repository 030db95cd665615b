/** An element of the page, which must be there. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found as T
}

/** Writes a line into the log of events; the newest stands first. */
export function log(text: string): void {
  const [line, time, said] = [document.createElement('li'), document.createElement('time'), document.createElement('span')]
  time.textContent = new Date().toTimeString().slice(0, 8)
  said.textContent = text
  line.append(time, said)
  const list = element('log')
  list.prepend(line)
  while (list.childElementCount > 100) list.lastElementChild?.remove()
}

/** Says why the page can't play. */
export function notice(text: string): void {
  const place = element('notice')
  place.textContent = text
  place.hidden = false
}
