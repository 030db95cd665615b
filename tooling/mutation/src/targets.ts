/** A file that is mutated, and the tests that must notice. */
export interface Target {
  readonly name: string
  readonly package: string
  /** Below the package. */
  readonly file: string
  /** Below the package: the tests that are meant for the file, since each mutant runs all of them that reach it. */
  readonly tests: readonly string[]
}

export const targets: readonly Target[] = [
  {
    name: 'wait-queue',
    package: 'packages/core',
    file: 'src/kit/waiting/wait-queue.ts',
    tests: [
      'test/wait-queue*.test.ts',
      'test/contract.test.ts',
      'test/stall.test.ts',
      'test/buffer-pool.test.ts',
      'test/health.test.ts',
      'test/regression/*.test.ts'
    ]
  },
  {
    name: 'arena',
    package: 'packages/core',
    file: 'src/arena/arena.ts',
    tests: [
      'test/arena*.test.ts',
      'test/*-pool.test.ts',
      'test/wait-queue.test.ts',
      'test/wiping.test.ts',
      'test/leak-watch.test.ts',
      'test/revocation.test.ts',
      'test/contract.test.ts',
      'test/byte-*.test.ts',
      'test/trimming.test.ts',
      'test/health.test.ts',
      'test/requested-sizes.test.ts',
      'test/adapting.test.ts',
      'test/pool-stats.test.ts',
      'test/regression/*.test.ts',
      'test/memory/leaks.gc.test.ts'
    ]
  },
  {
    name: 'vault',
    package: 'packages/secure',
    file: 'src/vault/vault.ts',
    tests: [
      'test/vault/*.test.ts',
      'test/secure-buffer-pool.test.ts',
      'test/contract.test.ts',
      'test/cross-request.test.ts',
      'test/regression/wait*.test.ts',
      'test/model.property.test.ts',
      'test/memory/leak-watch.gc.test.ts'
    ]
  }
]
