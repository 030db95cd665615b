/** Whether this is `test:deep`, vitest's mode `deep`. */
const deep = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'deep'

/** Operations of a model: so many in `test:deep`, a hundredth of them in ordinary tests. */
export function operationsOf(deepOperations: number): number {
  return deep ? deepOperations : deepOperations / 100
}
