import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { livePools, type PoolSources } from '@pool/core'
import type { StatsDirectory } from '@pool/core/interfaces'
import { invalid, validBoolean, validOptions, validPools } from '@pool/core/kit'
import { type Admission, nameOf, refusalOf } from './admission.js'
import { type PageFile, pageFile } from './page-files.js'
import { slabMap } from './slab-maps.js'
import { Viewers } from './viewers.js'

/** The options of {@link livePage}. */
export interface LivePageOptions {
  /** The pools to show: one, an iterable of them, or a directory. Default: `livePools`, every pool of the process. */
  readonly pools?: PoolSources
  /** Hosts beside `localhost`, `127.0.0.1` and `[::1]` under which the page is served, without a port. Default: none. */
  readonly hosts?: readonly string[]
  /** Serves peers other than loopback too. Default false. */
  readonly remote?: boolean
  /** Shows this process beside its pools: memory, CPU, collections. Default true. */
  readonly process?: boolean
  /** Serves under `NODE_ENV=production` too. Default false. */
  readonly production?: boolean
}

/** A handler of requests that serves the page: a middleware for Express 4 and 5, and a plain handler of `node:http`. */
export interface LivePage {
  /** Answers a request for the page; hands every other request to `next`, or answers it 404 where there is none. */
  (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void
  /** Pages that look now. Nothing is sampled while there is none. */
  readonly viewers: number
  /** Ends the streams of all pages, so that a server can close. */
  close(): void
}

/** Beside the page's files; named so that a page at the root of a server hides no route of the program. */
const [samplesPath, mapPath] = ['live-samples', 'live-map']

const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff'
}

/**
 * A page for development that shows every pool of the process, live. It answers requests of this machine alone, and under known hosts;
 * it reads figures and changes nothing. Stacks of leaks show paths of the source. Costs nothing while no page looks; with one, some
 * 20 µs for each pool once a second.
 * @throws `ERR_POOL_INVALID_OPTION`
 * @example
 * ```ts
 * app.use('/pools', livePage())
 * ```
 */
export function livePage(options: LivePageOptions = {}): LivePage {
  validOptions('options', options, ['pools', 'hosts', 'remote', 'process', 'production'])
  const { hosts = [], remote = false, process = true, production = false } = options
  if (!Array.isArray(hosts) || !hosts.every((host) => typeof host === 'string' && host !== '')) {
    throw invalid('hosts', 'an array of host names', hosts)
  }
  const admission: Admission = {
    hosts: new Set(hosts.map(nameOf)),
    remote: validBoolean('remote', remote),
    production: validBoolean('production', production)
  }
  const directory = validPools(options, livePools)
  const viewers = new Viewers(directory, validBoolean('process', process))
  const handle = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void => {
    const path = pathOf(request.url)
    const file = path === '/' ? 'index.html' : path.slice(1)
    let page: PageFile | undefined
    try {
      page = pageFile(file)
    } catch {
      answer(
        response,
        500,
        "The live page's files are not there. In a bundle, install @pool/live beside it, or leave it out of the bundle."
      )
      return
    }
    if (page === undefined && file !== samplesPath && file !== mapPath) {
      if (next === undefined) answer(response, 404, 'The live page has no such file.')
      else next()
      return
    }
    const refusal = refusalOf(request, admission)
    if (refusal !== undefined) answer(response, 403, refusal)
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      answer(response, 405, 'The live page only answers GET.', { allow: 'GET, HEAD' })
    else if (file === mapPath) sendMap(request, response, directory)
    else if (page === undefined) stream(request, response, viewers)
    else if (file === 'index.html' && !asked(request).endsWith('/')) {
      // The page's URLs are relative, so that a prefix before it, a proxy's too, does no harm.
      answer(response, 308, '', { location: `./${asked(request).split('/').at(-1)}/` })
    } else {
      send(request, response, page.type, page.bytes, page.gzipped)
    }
  }
  return Object.defineProperties(handle, {
    viewers: { get: () => viewers.size },
    close: { value: () => viewers.close() }
  }) as LivePage
}

function stream(request: IncomingMessage, response: ServerResponse, viewers: Viewers): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (request.method === 'HEAD') response.end()
  else if (!viewers.add(response)) answer(response, 503, 'Too many pages look at the pools already. Close one.')
}

/** The map of the slab of the pool that the query names. */
function sendMap(request: IncomingMessage, response: ServerResponse, directory: StatsDirectory): void {
  const id = new URLSearchParams(request.url?.split('?')[1]).get('pool')
  const map = id === null ? undefined : slabMap(directory, id)
  if (map === undefined) answer(response, 404, 'No pool of this name has a slab.')
  // Level 1: maps are sent once a second, and to this machine.
  else send(request, response, 'application/octet-stream', map, gzipSync(map, { level: 1 }))
}

function send(request: IncomingMessage, response: ServerResponse, type: string, plain: Buffer, gzipped: Buffer): void {
  const gzip = /\bgzip\b/.test(String(request.headers['accept-encoding']))
  const bytes = gzip ? gzipped : plain
  response.writeHead(200, {
    ...headers,
    'content-type': type,
    'content-length': bytes.length,
    vary: 'accept-encoding',
    ...(gzip ? { 'content-encoding': 'gzip' } : {})
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function answer(response: ServerResponse, status: number, text: string, more: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8', ...more })
  response.end(text)
}

/** The path as the client asked for it: a router takes its mount away from `url`. */
function asked(request: IncomingMessage): string {
  return pathOf((request as IncomingMessage & { originalUrl?: string }).originalUrl ?? request.url)
}

function pathOf(url = '/'): string {
  return url.split('?', 1)[0] as string
}
