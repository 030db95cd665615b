import nodeModule from 'node:module'
import { join, resolve } from 'node:path'

/** A reply of `XRANGE` with Buffers: entries, each of them its id and its fields and values in turn. */
export type RangeReply = readonly (readonly [Buffer, readonly Buffer[]])[]

/** The part of ioredis that is used. */
export interface IoRedisModule {
  readonly Redis: new (
    url: string,
    options: object
  ) => {
    xadd(...words: (string | Buffer)[]): Promise<unknown>
    xrangeBuffer(...words: (string | number)[]): Promise<RangeReply>
    xdel(key: string, ...entries: Buffer[]): Promise<unknown>
    getBuffer(key: string): Promise<Buffer | null>
    unlink(key: string): Promise<unknown>
    on(event: 'error', listener: () => void): unknown
    disconnect(): void
  }
}

/** The part of node-redis that is used. */
export interface NodeRedisModule {
  createClient(options: object): NodeRedis
  readonly RESP_TYPES: { readonly BLOB_STRING: number }
}

/** A client of node-redis. */
export interface NodeRedis {
  connect(): Promise<unknown>
  sendCommand(words: readonly (string | Buffer)[]): Promise<unknown>
  withTypeMapping(mapping: object): NodeRedis
  on(event: 'error', listener: () => void): unknown
  destroy(): void
}

/** The part of BullMQ that is used. */
export interface BullModule {
  readonly Queue: new (
    name: string,
    options: object
  ) => {
    add(name: string, data: unknown, options: object): Promise<unknown>
    obliterate(options: object): Promise<unknown>
    on(event: 'error', listener: () => void): unknown
    close(): Promise<unknown>
  }
  readonly Worker: new (
    name: string,
    handler: (job: { readonly name: string; readonly data: unknown }) => Promise<void>,
    options: object
  ) => {
    on(event: 'error', listener: () => void): unknown
    close(force?: boolean): Promise<unknown>
  }
}

/** The packages that the validator knows, where they are installed. */
export interface ForeignModules {
  readonly ioredis: IoRedisModule | undefined
  readonly redis: NodeRedisModule | undefined
  readonly bullmq: BullModule | undefined
}

/** Loads packages as a file in `folder` would. A package that is not installed there, or does not load, is `undefined`. */
export function loaderFrom(folder: string): (name: string) => unknown {
  // Called as a method: webpack replaces an imported `createRequire` by nothing where it does not know the file at build time.
  const require = nodeModule.createRequire(join(resolve(folder), 'package.json'))
  return (name) => {
    try {
      return require(name)
    } catch {
      return undefined
    }
  }
}

/** Loads the clients that are installed for `folder`. */
export function loadForeign(folder: string): ForeignModules {
  const load = loaderFrom(folder)
  return {
    ioredis: load('ioredis') as IoRedisModule | undefined,
    redis: load('redis') as NodeRedisModule | undefined,
    bullmq: load('bullmq') as BullModule | undefined
  }
}
