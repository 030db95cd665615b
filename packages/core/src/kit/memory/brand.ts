/**
 * A class whose constructor returns the object that it was given, so that a class derived from it can stamp private fields on an object
 * that exists. `#field in object` then shows in about a nanosecond whether the object is stamped. No other code can see or forge the
 * fields, and a `subarray` has none.
 */
export class StampedObject {
  /** @param object - gets the private fields of the derived class */
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the derived class stamps its private fields on the object that is returned here
    return object
  }
}
