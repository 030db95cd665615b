import type { Profile, Site } from '../profile.js'
import type { Change, PoolPlan } from './advice.js'
import { poolPlan, poolStatement } from './pool-plan.js'

/** The remedy for a site: a change of the program, or why none reaches the site. */
export type Remedy = { readonly change: Change } | { readonly outOfReach: string }

/** The lines of a {@link Change}, for a pool in the variable of this name. */
interface Lines {
  readonly package: string
  readonly api: string
  readonly what: string
  readonly variable: string
  /** The imports beside the pool. */
  readonly imports: string
  readonly before: string
  readonly after: string
}

/** Libraries that read sockets of their own, so that no pool of the program gets at those chunks. */
const socketReaders = /^(ws|pg|mysql2?|mariadb|mongodb|ioredis|redis|@redis\/client|amqplib|kafkajs|undici|mqtt|nats|tedious)$/

/** An upload is leased as long as its request: the head and the foot of the part are in it. */
const partBytes = 1024
/** Bytes of the memory that a connection of @pool/net reads into: by default, and while its peer is ahead. */
const readSizes = [64 * 1024, 512 * 1024]
/** So many connections may read such memory at a time, whatever the profile found. */
const leastReads = 128

/** The remedy for `site`. The other sites of the program show which libraries read its sockets. */
export function remedyFor(site: Site, { sites, process }: Profile): Remedy {
  const peakBytes = process.peakArrayBuffersBytes
  const libraries = librariesOf(site)
  const [maker] = libraries
  if (site.frames.length === 0) return nodesOwn(site, sites, peakBytes)
  if (maker === undefined || site.frames[0]?.library === undefined) return ownCode(site, peakBytes)
  if (maker === 'raw-body' || maker === 'body-parser') return bodies(site, libraries, peakBytes)
  if (maker === 'multer' || (maker === 'concat-stream' && isUsed('multer', sites))) return uploads(site, peakBytes)
  return { outOfReach: `${site.library ?? maker} makes these buffers itself, and no option of it that the advisor knows takes a pool.` }
}

function bodies(site: Site, libraries: readonly string[], peakBytes: number): Remedy {
  const others = libraries.find((library) => ['koa', 'co-body', 'koa-body', 'koa-bodyparser', '@koa/bodyparser'].includes(library))
  if (others !== undefined) return { outOfReach: `${others} reads these bodies, and @pool/express has no middleware for Koa.` }
  const type = site.frames.map(({ file }) => /body-parser[\\/]lib[\\/]types[\\/](json|text)\.js$/.exec(file)?.[1]).find(Boolean)
  const limit = `${Math.ceil(Math.max(...site.sizes.map(({ bytes }) => bytes)) / 2 ** 20)}mb`
  return pooled(site, poolPlan(site, peakBytes), {
    package: '@pool/express',
    api: 'pooledBody',
    what: 'Read request bodies by pooledBody(). A handler that keeps request.body beyond the response calls holdBody() first.',
    variable: 'bodies',
    imports: "import { pooledBody } from '@pool/express'",
    before: `app.use(express.${type ?? 'raw'}({ limit: '${limit}' }))`,
    after: `app.use(pooledBody({ pool: bodies, ${type === undefined ? '' : `as: '${type}', `}limit: '${limit}' }))`
  })
}

function uploads(site: Site, peakBytes: number): Remedy {
  const lines = {
    package: '@pool/express',
    api: 'pooledStorage',
    what: 'Give multer pooledStorage(). A handler that keeps file.buffer beyond the response calls holdFile() first.',
    variable: 'uploads',
    imports: "import { pooledStorage } from '@pool/express'",
    before: 'const upload = multer({ storage: multer.memoryStorage() })',
    after: 'const upload = multer({ storage: pooledStorage({ pool: uploads }) })'
  }
  return pooled(site, poolPlan(site, peakBytes, partBytes), lines)
}

/** Chunks of files and sockets, which no code of the program or of a library made. */
function nodesOwn(site: Site, sites: readonly Site[], peakBytes: number): Remedy {
  const { place } = site
  if (/fs|file/i.test(place)) return files(site, peakBytes)
  if (/http/i.test(place)) return { outOfReach: 'node:http reads its sockets itself: these are the chunks of requests and answers.' }
  if (/zlib/i.test(place)) return { outOfReach: 'node:zlib makes the buffers that it writes to.' }
  const reader = sites.flatMap(librariesOf).find((library) => socketReaders.test(library))
  if (reader !== undefined) return { outOfReach: `${reader} reads its sockets itself: these are the chunks that arrive on them.` }
  if (sites.some((one) => one.frames.length === 0 && /http/i.test(one.place)) || isUsed('raw-body', sites) || isUsed('multer', sites))
    return { outOfReach: 'node:http reads its sockets itself: these are the chunks that arrive on them.' }
  if (!/net|socket|tls|pipe|stream/i.test(place)) return { outOfReach: `Node makes these buffers itself, in ${place}.` }
  const lines = {
    package: '@pool/net',
    api: 'createPooledServer, connectPooled',
    what: 'Where your own code reads the socket, let the system fill leases of a pool instead. Each lease is released when its bytes were used.',
    variable: 'chunks',
    imports: "import { createPooledServer } from '@pool/net'",
    before: "const server = createServer((socket) => socket.on('data', (chunk) => socket.write(chunk)))",
    after: `const server = createPooledServer({ pool: chunks }, async (connection) => {
  await connection.consume((lease) => connection.send(lease))
})`
  }
  const plan = poolPlan(site, peakBytes)
  const maxLiveBytes = Math.max(plan.maxLiveBytes, leastReads * Math.max(...readSizes))
  return pooled(site, { ...plan, sizes: readSizes, initialSize: 0, maxLiveBytes }, lines)
}

function files(site: Site, peakBytes: number): Remedy {
  return pooled(site, poolPlan(site, peakBytes), {
    package: '@pool/stream',
    api: 'pooledFileChunks, writeLeased',
    what: 'Read the file by pooledFileChunks(), and write each lease: it is released when the response has taken it.',
    variable: 'files',
    imports: "import { pooledFileChunks, writeLeased } from '@pool/stream'",
    before: 'createReadStream(path).pipe(response)',
    after: `for await (const lease of pooledFileChunks(path, { pool: files })) await writeLeased(response, lease)
response.end()`
  })
}

function ownCode(site: Site, peakBytes: number): Remedy {
  const { maker, place } = site
  if (maker === 'Buffer.concat') {
    return pooled(site, poolPlan(site, peakBytes), {
      package: '@pool/stream',
      api: 'PooledBufferList',
      what: `Collect the chunks in a PooledBufferList instead of putting them together at ${place}.`,
      variable: 'segments',
      imports: "import { PooledBufferList } from '@pool/stream'",
      before: 'chunks.push(chunk)\nconst whole = Buffer.concat(chunks)',
      after: `using whole = new PooledBufferList({ pool: segments })
whole.write(chunk) // For each chunk; readers of the list take its segments as they are.`
    })
  }
  if (maker === 'Readable.push') {
    return { outOfReach: 'The stream pushes bytes that were made elsewhere; see the place where they are made.' }
  }
  const made = { 'Buffer.from': 'Buffer.from(bytes)', ArrayBuffer: 'new ArrayBuffer(length)' } as Record<string, string>
  return pooled(site, poolPlan(site, peakBytes), {
    package: '@pool/core',
    api: 'SizeClassPool',
    what: `Lease the buffer at ${place}, and release it when it was used.`,
    variable: 'buffers',
    imports: '',
    before: `const buffer = ${made[maker] ?? `${maker}(length)`}\nuse(buffer)`,
    after: `using lease = buffers.lease(length)\nuse(lease.buffer)`
  })
}

function pooled(site: Site, pool: PoolPlan, { variable, imports, before, after, ...rest }: Lines): Remedy {
  const head = ["import { SizeClassPool } from '@pool/core'", ...(imports === '' ? [] : [imports])].join('\n')
  return {
    change: {
      ...rest,
      before,
      after: `${head}\n\n${poolStatement(variable, pool, site.maker === 'Buffer.alloc' || site.maker === 'ArrayBuffer')}\n\n${after}`,
      pool
    }
  }
}

/** The libraries of a site, the maker first. */
function librariesOf({ frames, library }: Site): readonly string[] {
  const named = library?.split(' via ') ?? []
  return [...new Set([...named, ...frames.flatMap((frame) => frame.library ?? [])])]
}

function isUsed(library: string, sites: readonly Site[]): boolean {
  return sites.some((site) => librariesOf(site).includes(library))
}
