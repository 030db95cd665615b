import type { Access, Stepped } from './stepped-source.js'

/** One thread of a scenario. */
export interface Actor {
  /** What it does. */
  readonly run: () => Stepped<void>
  /** Whether it may be ended before any of its accesses. */
  readonly mortal?: boolean
  /** It begins once this actor was ended, and not at all if that finishes. */
  readonly after?: number
}

/** A scenario, made anew for each schedule. */
export interface Scene {
  readonly words: Int32Array
  readonly actors: readonly Actor[]
  /** Words that one thread alone reads and writes: accesses that need no schedule of their own. */
  readonly isPrivate: (word: number) => boolean
  /** Called when an actor is ended. */
  readonly onDeath: (actor: number) => void
  /** Looks at a state in which no actor has anything left to do; throws when it is wrong. */
  readonly judge: (dead: readonly boolean[]) => void
}

/** What an exploration went through. */
export interface Exploration {
  /** States that differ in memory, or in all that some actor has read so far. */
  readonly states: number
  readonly schedules: number
  /** The first error that a schedule ran into. */
  readonly violation: Error | undefined
}

interface Running {
  readonly steps: Stepped<void> | undefined
  next: Access | undefined
  /** Hash of all that it has read: with its program, that is its state. */
  seen: number
  done: boolean
}

/**
 * Goes through every schedule of the scene's actors in which at most `deaths` of them are ended, at any access: depth first, each schedule
 * from the start, and none beyond a state that was there before. Memory is sequentially consistent.
 */
export function explore(make: () => Scene, deaths: number): Exploration {
  const visited = new Set<string>()
  const waiting: number[][] = [[]]
  let schedules = 0
  for (let prefix = waiting.pop(); prefix !== undefined; prefix = waiting.pop()) {
    schedules++
    try {
      follow(make(), prefix, deaths, visited, waiting)
    } catch (error) {
      return { states: visited.size, schedules, violation: error as Error }
    }
  }
  return { states: visited.size, schedules, violation: undefined }
}

/** Choices are an actor's number to let it take a step, and its complement to end it. */
function follow(scene: Scene, prefix: readonly number[], deaths: number, visited: Set<string>, waiting: number[][]): void {
  const { actors, words } = scene
  const dead = actors.map(() => false)
  const running: Running[] = actors.map((actor) => ({ steps: actor.run(), next: undefined, seen: 0, done: false }))
  const started = actors.map(() => false)
  const path = [...prefix]
  const isReady = (at: number) => !dead[at] && !running[at]?.done && (actors[at]?.after === undefined || dead[actors[at].after] === true)
  for (let depth = 0; ; depth++) {
    let choice = prefix[depth]
    if (choice === undefined) {
      const key = `${hash(words, scene.isPrivate)} ${running.map(({ seen, done }, at) => (dead[at] ? 'd' : done ? 'e' : seen)).join(' ')}`
      if (visited.has(key)) return
      visited.add(key)
      const ready = actors.map((_, at) => at).filter(isReady)
      if (ready.length === 0) {
        scene.judge(dead)
        return
      }
      const mayDie = dead.filter(Boolean).length < deaths ? ready.filter((at) => actors[at]?.mortal && started[at]).map((at) => ~at) : []
      const [first, ...others] = [...ready, ...mayDie] as [number, ...number[]]
      for (const other of others) waiting.push([...path, other])
      choice = first
      path.push(choice)
    }
    if (choice < 0) {
      dead[~choice] = true
      scene.onDeath(~choice)
    } else {
      started[choice] = true
      step(running[choice] as Running, scene)
    }
  }
}

/** Makes one access that others can see, with the private ones behind it. */
function step(one: Running, { words, isPrivate }: Scene): void {
  let answer = 0
  if (one.next !== undefined) {
    answer = perform(one.next, words)
    one.seen = mix(mix(one.seen, answer), 7)
  } else one.seen = 1
  for (;;) {
    const { value, done } = (one.steps as Stepped<void>).next(answer)
    if (done) {
      one.done = true
      return
    }
    one.next = value
    if (!isPrivate(value[1])) return
    answer = perform(value, words)
  }
}

function perform(access: Access, words: Int32Array): number {
  const [kind, at] = access
  const before = words[at] as number
  if (kind === 'write') words[at] = access[2]
  if (kind === 'swap' && before === access[2]) words[at] = access[3]
  return before
}

function hash(words: Int32Array, isPrivate: (word: number) => boolean): string {
  let [one, two] = [1, 2]
  for (let at = 0; at < words.length; at++) {
    if (words[at] === 0 || isPrivate(at)) continue
    one = mix(mix(one, at), words[at] as number)
    two = mix(mix(two, words[at] as number), at + 99)
  }
  return `${one} ${two}`
}

function mix(hash: number, value: number): number {
  const product = Math.imul(hash ^ (value + 0x9e37), 0x85eb_ca6b)
  return (product ^ (product >>> 15)) | 0
}
