import { echoLoad, httpLoad, type Load, uploadLoad, webSocketLoad } from './loads.js'

/** A program, and its load. */
export interface Program {
  /** Its file, without the extension. */
  readonly name: string
  readonly load: Load
  readonly operations: number
  /** The advice that its other form, with a pool, needs; absent for programs without such a form, which must get no advice. */
  readonly api?: string
}

const kib = 1024

/** Programs that others write, and the eight things that they are asked for. Those without an API are to get no advice. */
export const programs: readonly Program[] = [
  {
    name: 'express-raw',
    load: httpLoad(Buffer.alloc(1024 * kib, 7), { 'content-type': 'application/octet-stream' }),
    operations: 1500,
    api: 'pooledBody'
  },
  { name: 'multer-uploads', load: uploadLoad(1024 * kib), operations: 1200, api: 'pooledStorage' },
  { name: 'file-server', load: httpLoad(), operations: 600, api: 'pooledFileChunks, writeLeased' },
  { name: 'tcp-echo', load: echoLoad(1024 * kib), operations: 2500, api: 'createPooledServer, connectPooled' },
  { name: 'own-frames', load: httpLoad(), operations: 4000, api: 'SizeClassPool' },
  { name: 'ws-echo', load: webSocketLoad(256 * kib), operations: 3000 },
  { name: 'pg-rows', load: httpLoad(), operations: 400 },
  {
    name: 'json-api',
    load: httpLoad(Buffer.from(JSON.stringify({ name: 'a', list: [1, 2, 3] })), { 'content-type': 'application/json' }),
    operations: 3000
  },
  { name: 'small-buffers', load: httpLoad(), operations: 2000 },
  { name: 'cpu-bound', load: httpLoad(), operations: 200 }
]
