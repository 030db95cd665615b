import { createServer } from 'node:http'
import { SizeClassPool } from '@pool/core'
import { pooledBody, pooledStorage } from '@pool/express'
import express from 'express'
import multer, { type StorageEngine } from 'multer'

/** What a server does with the bodies that it gets. */
export type Subject =
  | 'discard'
  | 'express.raw()'
  | 'pooledBody()'
  | 'pooledBody(), clearing'
  | 'memoryStorage()'
  | 'pooledStorage()'
  | 'droppingStorage()'

/** What a server tells of itself. */
export interface ServerFigures {
  /** CPU time of the process so far, in µs. */
  readonly cpuMicros: number
  /** Resident set now, and the largest so far, in bytes. */
  readonly rss: number
  readonly peakRss: number
  /** Buffers that are out. */
  readonly inUse: number
}

const [subject, limit, maxLiveBytes] = process.argv.slice(2) as [Subject, string, string]
const pool = new SizeClassPool({
  name: 'bodies',
  maxLiveBytes: Number(maxLiveBytes),
  maxClassBytes: Number(limit),
  memoryPressure: false,
  clear: subject.endsWith('clearing') ? 'release' : 'never'
})
const type = 'application/octet-stream'
const app = express()
app.disable('x-powered-by')
app.disable('etag')
if (subject === 'express.raw()') app.use(express.raw({ limit: Number(limit), type }))
if (subject.startsWith('pooledBody()')) app.use(pooledBody({ pool, limit: Number(limit), type, waitMs: 60_000 }))
/** Keeps nothing of a file: what multer and Node cost by themselves. */
const droppingStorage: StorageEngine = {
  _handleFile: (_request, file, callback) => {
    file.stream.on('data', ignore).on('end', () => callback(null, { buffer: Buffer.alloc(0) }))
  },
  _removeFile: (_request, _file, callback) => callback(null)
}

if (subject.endsWith('Storage()')) {
  let storage = subject === 'memoryStorage()' ? multer.memoryStorage() : droppingStorage
  if (subject === 'pooledStorage()') storage = pooledStorage({ pool, limits: { requestBytes: Number(limit) }, waitMs: 60_000 })
  app.use(multer({ storage, limits: { fileSize: Number(limit) } }).single('file'))
}
app.post('/', (request, response) => {
  if (request.file !== undefined) response.end(String(request.file.buffer.length))
  else if (subject !== 'discard') response.end(String(request.body.length))
  // A listener of its own makes Node hand chunks on as they come, which costs less than `resume()` alone: the lowest floor there is.
  else request.on('data', ignore).on('end', () => response.end('discarded'))
})

const server = createServer(app).listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0)
})
let peakRss = 0
// Looked at by those alone who ask for it: a look costs microseconds.
const watch = process.argv.includes('--watch-memory')
  ? setInterval(() => {
      peakRss = Math.max(peakRss, process.memoryUsage.rss())
    }, 5)
  : undefined
process.on('message', (message) => {
  if (message === 'collect') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const rss = process.memoryUsage.rss()
  peakRss = message === 'collect' ? rss : Math.max(peakRss, rss)
  const figures: ServerFigures = { cpuMicros: user + system, rss, peakRss, inUse: pool.stats().inUse }
  process.send?.(figures)
})
process.on('disconnect', () => {
  clearInterval(watch)
  process.exit()
})

function ignore(): void {}
