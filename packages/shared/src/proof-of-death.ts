import { invalid } from '@pool/core/kit/universal'
import type { SharedPoolToken } from './token.js'

/** A worker of Node: `exit` is emitted once its thread has ended. */
export interface NodeThread {
  /** Calls `listener` at the event. */
  once(event: 'exit', listener: () => void): unknown
  /** -1 once it has ended. */
  readonly threadId?: number
}

/** An audio context: once it is closed, its processors are not called any more. */
export interface AudioThread {
  /** `'closed'` at the end. */
  readonly state: string
  /** Its processors' home; tells a context from a worker. */
  readonly audioWorklet: unknown
  /** Calls `listener` at the event. */
  addEventListener(type: 'statechange', listener: () => void): unknown
}

/** A worker of a browser. It has no event for its end; a Web Lock tells. */
export interface BrowserThread {
  /** Ends it, some time later. */
  terminate(): void
}

/** What can be watched. */
export type WatchedThread = NodeThread | AudioThread | BrowserThread

interface LockManager {
  request(name: string, options: { readonly mode: 'shared' | 'exclusive' }, callback: () => unknown): Promise<unknown>
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[]; readonly pending?: readonly { readonly name?: string }[] }>
}

/** A browser drops the lock of a thread when the thread has ended; a request that was made before and is gone for so long was dropped. */
const goneMs = 10_000

/** The name of a lock for the threads of a pool; undefined where `exit` tells of their end, or no Web Locks exist. */
export function lockOfPool(): string | undefined {
  return webLocks() === undefined ? undefined : `@pool/shared ${crypto.randomUUID()}`
}

/**
 * Holds the token's lock for as long as this thread lives. The request stands before a seat is taken: where there is a seat, there was a request.
 * @returns what gives the lock up
 */
export function holdLock(token: SharedPoolToken): () => void {
  const locks = webLocks()
  if (token.lock === undefined || locks === undefined) return () => {}
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  // Rejected only where the document goes away, and the thread with it.
  locks.request(token.lock, { mode: 'shared' }, () => held).catch(() => {})
  return release
}

/** Resolves once it is proven that no thread uses the token any more. `isSeated` tells whether one has a seat with it. */
export function deathOf(thread: WatchedThread, token: SharedPoolToken, isSeated: () => boolean): Promise<void> {
  if (typeof thread !== 'object' || thread === null) throw invalid('worker', 'a worker or an audio context', thread)
  if ('audioWorklet' in thread) {
    return new Promise((resolve) => {
      const look = () => thread.state === 'closed' && resolve()
      thread.addEventListener('statechange', look)
      look()
    })
  }
  if ('once' in thread) {
    return thread.threadId === -1 ? Promise.resolve() : new Promise((resolve) => void thread.once('exit', resolve))
  }
  const locks = webLocks()
  if (token.lock === undefined || locks === undefined) {
    throw invalid('worker', "one that emits 'exit', or of a page that has Web Locks: a secure one, https or localhost", thread)
  }
  return lockFree(locks, token.lock, isSeated)
}

/** Waits until the lock has been seen and is free again. A thread that ended before it was seen is one with a seat and no request. */
async function lockFree(locks: LockManager, name: string, isSeated: () => boolean): Promise<void> {
  let goneSince = Number.POSITIVE_INFINITY
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.3, 500)) {
    const { held = [], pending = [] } = await locks.query()
    if (held.some((lock) => lock.name === name)) break
    if (!isSeated() || pending.some((lock) => lock.name === name)) goneSince = Number.POSITIVE_INFINITY
    else if (goneSince === Number.POSITIVE_INFINITY) goneSince = Date.now()
    else if (Date.now() - goneSince > goneMs) return
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  await locks.request(name, { mode: 'exclusive' }, () => {})
}

/** Node 24 has Web Locks too, but there `exit` is the proof, and a request that waits is not granted. */
function webLocks(): LockManager | undefined {
  const { process, navigator } = globalThis as { process?: { versions?: { node?: string } }; navigator?: { locks?: LockManager } }
  return process?.versions?.node === undefined ? navigator?.locks : undefined
}
