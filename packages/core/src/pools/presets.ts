import type { BufferPoolOptions } from './buffer-pool.js'

/** Options of a {@link BufferPool} for four kinds of work; spread one and change the options that differ. */
export const presets = Object.freeze({
  /** Many requests of a few KiB: 8 KiB, 500 to start, 5000 at most; trims every 5 min under half use. */
  highThroughput: Object.freeze({ bufferSize: 8192, initialSize: 500, maxSize: 5000, shrinkInterval: 300_000, shrinkThreshold: 0.5 }),
  /** Little memory: 1 KiB, 10 to start, 50 at most; trims every 10 s under 0.3. */
  memoryConstrained: Object.freeze({ bufferSize: 1024, initialSize: 10, maxSize: 50, shrinkInterval: 10_000, shrinkThreshold: 0.3 }),
  /**
   * Messages between services: 32 KiB, 20 to start, 200 at most; trims every 30 s, and gives up idle buffers once the process uses 150 MiB.
   */
  messageBridge: Object.freeze({
    bufferSize: 32_768,
    initialSize: 20,
    maxSize: 200,
    shrinkInterval: 30_000,
    memoryPressure: Object.freeze({ elevated: 150 * 1024 * 1024, intervalMs: 30_000 })
  }),
  /** No allocation after the start: 4 KiB, 200, fixed. */
  realTime: Object.freeze({ bufferSize: 4096, initialSize: 200, maxSize: 200, autoScale: false, shrinkInterval: 0 })
}) satisfies Readonly<Record<string, BufferPoolOptions>>
