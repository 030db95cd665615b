/** One fault in the tree: the rule that found it, the place, and the remedy. */
export interface Problem {
  readonly rule: string
  readonly file: string
  readonly message: string
}
