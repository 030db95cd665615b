/** One thing that is wrong in the tree: which rule says so, where, and what to do. */
export interface Problem {
  readonly rule: string
  readonly file: string
  readonly message: string
}
