/**
 * For tests: the contract that every pool keeps, and a check that nothing is left out.
 * @module
 */
export { bufferSourceContract } from './testing/buffer-source-contract.js'
export { checkFigures } from './testing/check-figures.js'
export type { ContractClause, ContractPool, ContractPoolOptions } from './testing/contract-clause.js'
export { expectNoLeaks } from './testing/expect-no-leaks.js'
