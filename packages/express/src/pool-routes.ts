import type { ServerResponse } from 'node:http'
import { livePools, type PoolHealth, type PoolSources, type PoolStats } from '@pool/core'
import { combinedHealth, validOptions, validPools } from '@pool/core/kit/universal'
import type { Middleware } from './connect.js'

/** The options of {@link poolStats}, {@link poolHealth} and {@link poolRoutes}. */
export interface PoolRoutesOptions {
  /** The pools to show: one, an iterable of them, or a directory. Default: `livePools`, every pool of the process. */
  readonly pools?: PoolSources
}

/**
 * A handler that answers with the stats of the pools as JSON: `{ "<name>": PoolStats, … }`; a second pool of the same name
 * stands as `<name>#2`. Bounds that are not set, `Infinity`, are `null`. Figures and names only; even these reveal how much load
 * brings the service down, so keep the route private.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function poolStats(options: PoolRoutesOptions = {}): Middleware {
  const directory = poolsOf(options)
  return answering(() => {
    const byName = new Map<string, PoolStats>()
    for (const source of directory.sources()) byName.set(freeName(source.name, byName), source.stats())
    return { status: 200, value: Object.fromEntries(byName) }
  })
}

/**
 * A handler that answers 200 when every pool is healthy, 503 when one has an error: `{ "healthy", "warnings", "errors" }` as
 * JSON. A pool that is full for a moment is a warning; one that has served nothing for 5 seconds although acquires asked is an error.
 * Keep the route private.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function poolHealth(options: PoolRoutesOptions = {}): Middleware {
  const directory = poolsOf(options)
  return answering(() => {
    const health: PoolHealth = combinedHealth(directory.sources())
    return { status: health.healthy ? 200 : 503, value: health }
  })
}

/**
 * A router for GET and HEAD of `/metrics/memory-pools` ({@link poolStats}) and `/health/memory-pools` ({@link poolHealth}); hands
 * everything else on. Mount it behind the middleware that keeps your internal routes private.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function poolRoutes(options: PoolRoutesOptions = {}): Middleware {
  const stats = poolStats(options)
  const health = poolHealth(options)
  return (request, response, next) => {
    const path = request.url?.split('?', 1)[0]
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && path === '/metrics/memory-pools') stats(request, response, next)
    else if (isRead && path === '/health/memory-pools') health(request, response, next)
    else next()
  }
}

function poolsOf(options: PoolRoutesOptions) {
  validOptions('options', options, ['pools'])
  return validPools(options, livePools)
}

function answering(read: () => { readonly status: number; readonly value: object }): Middleware {
  return (_request, response, next) => {
    let answer: { readonly status: number; readonly value: object }
    try {
      answer = read()
    } catch (error) {
      next(error)
      return
    }
    answerJson(response, answer.status, answer.value)
  }
}

/** Answers with JSON that no cache keeps and no browser takes for anything else. */
function answerJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value)
  response.statusCode = status
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('content-length', Buffer.byteLength(text))
  response.end(text)
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name
  for (let count = 2; taken.has(free); count++) free = `${name}#${count}`
  return free
}
