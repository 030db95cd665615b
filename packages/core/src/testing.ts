/**
 * For tests: the contract that every pool keeps, and a check that nothing is left out.
 * @module
 */
export {
  bufferSourceContract,
  type ContractClause,
  type ContractPool,
  type ContractPoolOptions,
  checkFigures
} from './testing/buffer-source-contract.js'
export { expectNoLeaks } from './testing/expect-no-leaks.js'
