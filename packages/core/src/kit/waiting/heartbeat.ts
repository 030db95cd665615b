import { AsyncResource } from 'node:async_hooks'

// Made as this module is loaded, which is before any request.
const outside = new AsyncResource('PoolTimers', { requireManualDestroy: true })

/**
 * Runs `fn` in no request's async context. A timer, a registry or a socket that many requests share is made in here: made within a request,
 * it would keep that request's `AsyncLocalStorage` stores for as long as it lives, and call listeners in them.
 * @returns the result of `fn`
 */
export function outsideRequests<T>(fn: () => T): T {
  return outside.runInAsyncScope(fn)
}

/** A member of the heartbeat, such as a pool: it is due for care from time to time. */
export interface Beating {
  /** The next time, in ms of the process's clock. */
  dueAt: number
  /** Looks after itself and sets `dueAt` anew. */
  beat(now: number): void
}

const members = new Set<WeakRef<Beating>>()
const references = new WeakMap<Beating, WeakRef<Beating>>()
let timer: NodeJS.Timeout | undefined
let wakesAt = Number.POSITIVE_INFINITY

/**
 * One timer for every pool of the process. It keeps neither the process alive nor a pool that is held by nothing else, and does not
 * run at all while no pool asks for it.
 */
export function joinHeartbeat(member: Beating): void {
  const reference = new WeakRef(member)
  references.set(member, reference)
  members.add(reference)
  if (member.dueAt < wakesAt) schedule(member.dueAt)
}

/** Takes `member` out of the heartbeat; see {@link joinHeartbeat}. Does nothing for an object that is not a member. */
export function leaveHeartbeat(member: Beating): void {
  const reference = references.get(member)
  if (reference === undefined) return
  members.delete(reference)
  references.delete(member)
  if (members.size === 0) schedule(Number.POSITIVE_INFINITY)
}

function schedule(at: number): void {
  clearTimeout(timer)
  timer = undefined
  wakesAt = at
  if (at === Number.POSITIVE_INFINITY) return
  timer = outsideRequests(() => setTimeout(beatAll, Math.max(1, at - performance.now())))
  timer.unref()
}

function beatAll(): void {
  // A timer may fire a fraction of a millisecond early by the clock; the member that it was set for is due all the same.
  const now = Math.max(performance.now(), wakesAt)
  try {
    for (const reference of members) {
      const member = reference.deref()
      if (member === undefined) members.delete(reference)
      else if (member.dueAt <= now) member.beat(now)
    }
  } finally {
    let next = Number.POSITIVE_INFINITY
    for (const reference of members) next = Math.min(next, reference.deref()?.dueAt ?? next)
    schedule(next)
  }
}
