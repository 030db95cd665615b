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
  /** The home of its processors; it distinguishes a context from a worker. */
  readonly audioWorklet: unknown
  /** Calls `listener` at the event. */
  addEventListener(type: 'statechange', listener: () => void): unknown
  /** Does so no longer. */
  removeEventListener(type: 'statechange', listener: () => void): unknown
}

/** A worker of a browser. It has no event for its end; a Web Lock proves it. */
export interface BrowserThread {
  /** Ends it, some time later. */
  terminate(): void
}

/** A thread that can be watched. */
export type WatchedThread = NodeThread | AudioThread | BrowserThread

interface LockManager {
  request(name: string, options: { readonly mode: 'shared' | 'exclusive' }, callback: () => unknown): Promise<unknown>
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>
}

/** How often a watcher looks for a lock that it has not seen held yet. */
const lookAgainMs = 25

/** The name of a lock for the threads of a pool; undefined in Node, where `exit` proves their end, and where there are no Web Locks. */
export function lockOfPool(): string | undefined {
  return webLocks() === undefined ? undefined : `@pool/shared ${crypto.randomUUID()}`
}

/** A lock that a thread holds for as long as it lives. */
export interface HeldLock {
  /** Resolves once it is held; at once where none is needed. */
  readonly held: Promise<void>
  /** Gives it up. */
  release(): void
}

/** Has resolved. Made as this module is loaded, since a promise keeps the async context of the request that it was made in. */
export const atOnce: Promise<void> = Promise.resolve()

/** Asks for the token's lock, to be held for as long as this thread lives. */
export function holdLock(token: SharedPoolToken): HeldLock {
  const locks = webLocks()
  if (token.lock === undefined || locks === undefined) return { held: atOnce, release: () => {} }
  const { lock } = token
  let release: () => void = () => {}
  const end = new Promise<void>((resolve) => {
    release = resolve
  })
  const held = new Promise<void>((resolve) => {
    const granted = () => {
      resolve()
      return end
    }
    // Rejected only where the document goes away, and the thread with it.
    locks.request(lock, { mode: 'shared' }, granted).catch(() => {})
  })
  return { held, release }
}

/** Requires a worker or an audio context, recognised by its methods. */
export function validThread(thread: unknown): WatchedThread {
  const isObject = typeof thread === 'object' && thread !== null
  if (isObject && ('audioWorklet' in thread || 'once' in thread || 'terminate' in thread)) return thread as WatchedThread
  throw invalid('worker', 'a worker or an audio context', thread)
}

/** How far the watcher's knowledge of a token's threads goes. */
export interface Sight {
  /** Whether a thread has a seat with the token and was granted its lock. */
  isLocked(): boolean
  /** Whether the watcher has left the pool. */
  isOver(): boolean
  /** Calls `end` as the watcher leaves the pool. The returned function takes `end` away before, since a worker may outlive many pools. */
  onOver(end: () => void): () => void
}

/** Resolves once it is proven that the thread is dead, or the watcher has left; a wait for a lock goes on until that is free. */
export function deathOf(thread: WatchedThread, token: SharedPoolToken | undefined, sight: Sight): Promise<void> {
  if ('audioWorklet' in thread) return closeOf(thread, sight)
  if ('once' in thread) return thread.threadId === -1 ? Promise.resolve() : exitOf(thread, sight)
  const locks = webLocks()
  if (token?.lock === undefined || locks === undefined) {
    throw invalid('worker', "one that emits 'exit', or of a page that has Web Locks: a secure one, https or localhost", thread)
  }
  return lockFree(locks, token.lock, sight)
}

function closeOf(thread: AudioThread, sight: Sight): Promise<void> {
  return new Promise<void>((resolve) => {
    const forget = sight.onOver(end)
    const look = (): void => void (thread.state === 'closed' && end())
    thread.addEventListener('statechange', look)
    look()
    function end(): void {
      thread.removeEventListener('statechange', look)
      forget()
      resolve()
    }
  })
}

/** The callbacks for the exit of each worker of Node: one listener for all pools, since Node warns from the eleventh on. */
const exits = new WeakMap<NodeThread, Set<() => void>>()

/** A function of its own, since the listener keeps the variables around it for as long as the worker lives. */
function waitsFor(thread: NodeThread): Set<() => void> {
  const known = exits.get(thread)
  if (known !== undefined) return known
  const waits = new Set<() => void>()
  exits.set(thread, waits)
  thread.once('exit', () => waits.forEach((end) => void end()))
  return waits
}

function exitOf(thread: NodeThread, sight: Sight): Promise<void> {
  const waits = waitsFor(thread)
  return new Promise<void>((resolve) => {
    const forget = sight.onOver(end)
    waits.add(end)
    function end(): void {
      waits.delete(end)
      forget()
      resolve()
    }
  })
}

/** Waits until the lock was held, and is free again. A lock that was never seen held proves nothing: its thread may not have come to ask for it. */
async function lockFree(locks: LockManager, name: string, sight: Sight): Promise<void> {
  while (!sight.isLocked()) {
    if (sight.isOver()) return
    const { held = [] } = await locks.query()
    if (held.some((lock) => lock.name === name)) break
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
  await locks.request(name, { mode: 'exclusive' }, () => {})
}

/** Node 24 has Web Locks too, but there `exit` is the proof, and a request that waits is not granted. */
function webLocks(): LockManager | undefined {
  const { process, navigator } = globalThis as { process?: { versions?: { node?: string } }; navigator?: { locks?: LockManager } }
  return process?.versions?.node === undefined ? navigator?.locks : undefined
}
