import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one plain line, `N passed, N failed`, that scripts can read. */
export class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = {
      passed: 0,
      failed: unhandledErrors.length,
      skipped: 0,
      pending: 0
    }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state]++
      for (const group of [module, ...module.children.allSuites()]) if (group.errors().length > 0) counts.failed++
    }
    const skipped = counts.skipped + counts.pending
    process.on('exit', () => {
      process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
    })
  }
}
