import { readFileSync } from 'node:fs'

/**
 * The words by which a test file shows that it looks at something of its whole process, or changes it: files before it in the same process
 * would disturb it, or it those behind it.
 */
const processWide: readonly RegExp[] = [
  // A collection reports what any file lost, and figures of memory or CPU are of all files.
  /\bgc\b|FinalizationRegistry|WeakRef/,
  /memoryUsage|cpuUsage|resourceUsage|heapUsed|\brss\b|getActiveResources|PerformanceObserver|\/proc\/self\/(?!environ)/,
  // Warnings, signals that the process listens to, and errors that no code caught.
  /['"](warning|unhandledRejection|uncaughtException|beforeExit)['"]|process\.on(ce)?\(['"]SIG|emitWarning|expectWarnings/,
  // The pools and figures that any file announced, and the channels that all pools share.
  /\b(livePools|poolManager|memoryPools|announcePool|findFigures|liveFigures|livePages?)\b|diagnostics_channel/,
  // Timers and modules in the place of others: a module that another file loaded has the real ones.
  /useFakeTimers|setSystemTime|\bvi\.(mock|doMock|resetModules|stubGlobal)/,
  // Modules that Node itself finds or loads: another file may have changed how.
  /createRequire|require\.resolve|module\.register/,
  /process\.(env\.\w+ = |chdir)/,
  // Said in so many words, with the reason behind them.
  /^\/\/ Needs a process of its own: ./m
]

/** Whether the test file at `path` needs a process of its own. */
export function needsOwnProcess(path: string): boolean {
  const text = readFileSync(path, 'utf8')
  return processWide.some((words) => words.test(text))
}
