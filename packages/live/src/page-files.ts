import { existsSync, readFileSync } from 'node:fs'
import nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

/** A file of the page, ready to be sent. */
export interface PageFile {
  /** Its content type. */
  readonly type: string
  /** Its bytes. */
  readonly bytes: Buffer
  /** Its bytes, compressed by gzip. */
  readonly gzipped: Buffer
}

const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }
const own = [
  'index.html',
  'live.css',
  'icon.svg',
  'live.js',
  'charts.js',
  'history.js',
  'pool-table.js',
  'slab-map.js',
  'advice-row.js',
  'notice-list.js',
  'figures.js'
]
/** The files of uPlot, under the names that the page knows them by. */
const ofUplot = new Map([
  ['uplot.js', 'uPlot.iife.min.js'],
  ['uplot.css', 'uPlot.min.css']
])
const names = new Set([...own, ...ofUplot.keys()])

const files = new Map<string, PageFile>()

/**
 * A file of the page by its name, read at its first request and kept; undefined when the page has no such file.
 * @throws the system's error where the package's files are not there, as beside a bundle
 */
export function pageFile(name: string): PageFile | undefined {
  if (!names.has(name)) return undefined
  const known = files.get(name)
  if (known !== undefined) return known
  const bytes = readFileSync(pathOf(name))
  const file = {
    type: `${types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types]}; charset=utf-8`,
    bytes,
    gzipped: gzipSync(bytes)
  }
  files.set(name, file)
  return file
}

function pathOf(name: string): string {
  const folder = packageFolder()
  const uplot = ofUplot.get(name)
  if (uplot === undefined) return join(folder, 'page', name)
  // Called as a method: webpack replaces an imported `createRequire` by nothing where it does not know the file at build time.
  return join(dirname(nodeModule.createRequire(join(folder, 'package.json')).resolve('uplot')), uplot)
}

/** The folder of this package: above this module, or, where that is in a bundle, where the package is installed beside the bundle. */
function packageFolder(): string {
  // `import.meta.url` is undefined in the CommonJS build.
  const here = (import.meta.url as string | undefined) ?? pathToFileURL(__filename).href
  const above = fileURLToPath(new URL('..', here))
  if (existsSync(join(above, 'page/live.js'))) return above
  return dirname(nodeModule.createRequire(here).resolve('@pool/live/package.json'))
}
