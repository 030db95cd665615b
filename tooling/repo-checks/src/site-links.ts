import { readdirSync, readFileSync } from 'node:fs'
import { posix, relative, sep } from 'node:path'
import type { Problem } from './problem.js'

/** The result of a look through a built site. */
export interface SiteLinks {
  readonly pages: number
  /** Links within the site. */
  readonly links: number
  /** Links to files or anchors that the site has not. */
  readonly dead: readonly Problem[]
}

/** Follows every link within the site that was built into `folder`, to its page and to its anchor. */
export function followLinks(folder: string): SiteLinks {
  const files = new Set<string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.add(relative(folder, `${entry.parentPath}/${entry.name}`).split(sep).join('/'))
  }
  const pages = [...files].filter((file) => file.endsWith('.html')).sort()
  const anchors = new Map<string, Set<string>>()
  const dead: Problem[] = []
  let links = 0
  for (const page of pages) {
    for (const [, address = ''] of textOf(page).matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(address)) continue
      links++
      const [path = '', anchor = ''] = decode(address.replaceAll('&amp;', '&')).split('#')
      const target = path === '' ? page : posix.join(posix.dirname(page), path.replace(/\?.*$/, ''))
      if (!files.has(target)) dead.push({ rule: 'dead-link', file: page, message: `${address}: the site has no ${target}` })
      else if (anchor !== '' && !anchorsOf(target).has(anchor))
        dead.push({ rule: 'dead-anchor', file: page, message: `${target} has no #${anchor}` })
    }
  }
  return { pages: pages.length, links, dead }

  function textOf(file: string): string {
    return readFileSync(`${folder}/${file}`, 'utf8')
  }

  function anchorsOf(file: string): Set<string> {
    let found = anchors.get(file)
    if (found === undefined) {
      found = new Set([...textOf(file).matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id.replaceAll('&amp;', '&')))
      anchors.set(file, found)
    }
    return found
  }
}

function decode(address: string): string {
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}
