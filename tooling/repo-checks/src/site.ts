import { fileURLToPath } from 'node:url'
import { describeProblems } from './rules.js'
import { followLinks } from './site-links.js'

const { pages, links, dead } = followLinks(fileURLToPath(new URL('../../../docs/api', import.meta.url)))
if (dead.length > 0) {
  console.error(describeProblems(dead))
  process.exitCode = 1
}
console.log(`${pages} pages, ${links} links within the site, ${dead.length} of them dead`)
