interface Shared<T extends object> {
  /** In the order in which they were added. */
  readonly references: Set<WeakRef<T>>
  readonly referenceOf: WeakMap<T, WeakRef<T>>
}

/** Objects of the process that are held weakly, in the order in which they were added. */
export class WeakDirectory<T extends object> {
  readonly #shared: Shared<T>

  /** The directory of that key: the same for every copy of this package in the process, ESM and CJS alike. */
  constructor(key: string) {
    const symbol = Symbol.for(key)
    const all = globalThis as { [key: symbol]: Shared<T> | undefined }
    all[symbol] ??= { references: new Set(), referenceOf: new WeakMap() }
    this.#shared = all[symbol]
  }

  /** Adds `one`; returns true if it was not there. */
  add(one: T): boolean {
    const { references, referenceOf } = this.#shared
    if (referenceOf.has(one)) return false
    const reference = new WeakRef(one)
    referenceOf.set(one, reference)
    references.add(reference)
    return true
  }

  /** Takes `one` out; does nothing when it is not there. */
  delete(one: T): void {
    const { references, referenceOf } = this.#shared
    const reference = referenceOf.get(one)
    if (reference === undefined) return
    references.delete(reference)
    referenceOf.delete(one)
  }

  /** The members that were neither taken out nor collected. */
  *sources(): Generator<T, void, undefined> {
    const { references } = this.#shared
    for (const reference of references) {
      const one = reference.deref()
      if (one === undefined) references.delete(reference)
      else yield one
    }
  }
}
