import { PoolManager, SizeClassPool, type SizeClassPoolOptions, UnpooledPool } from '@pool/core'
import type { GatewayConfig } from './config.js'
import { mostQuarantinedBytes } from './quarantine/quarantined-message.js'

/** A pool that reuses memory, or its unpooled twin with the same bound. */
type Pool = SizeClassPool | UnpooledPool

/** The memory of one process. */
export interface GatewayPools {
  /** Knows all of them, for figures, health and the end. */
  readonly manager: PoolManager
  /** Bodies of requests: out from the first byte of a body to the end of the response. */
  readonly bodies: Pool
  /** Where bodies and headers are decoded: out for one turn of a scan, so one at a time. */
  readonly scratch: Pool
  /** Chunks of files: out from the read to the end of the write. Undefined where no files are served. */
  readonly files: Pool | undefined
  /** Bytes of streams on the TCP port: out from their arrival until they were judged. Undefined without such a port. */
  readonly ingest: Pool | undefined
  /** Threats on their way into the queue: out from the verdict until Redis has them. Undefined without such a queue. */
  readonly quarantine: Pool | undefined
}

/** The most bytes of a file that are read at once. */
export const FILE_CHUNK_BYTES = 128 * 1024

const SMALLEST_CLASS_BYTES = 1024
/** The detector asks for 27 KiB at most. */
const LARGEST_SCRATCH_BYTES = 32 * 1024
/** Filled from a file or a socket; its reader sees only the bytes that were read into it. */
const CHUNKS = { maxClassBytes: FILE_CHUNK_BYTES, oversize: 'refuse', clear: 'never' } as const

/**
 * Makes the pools of a process, or their unpooled twins with the same bounds.
 * @throws the error of the first pool that can't be made; those made before it are destroyed
 */
export function createPools(config: GatewayConfig): GatewayPools {
  const { bodyLimitBytes, queuePoolMaxBytes } = config
  const manager = new PoolManager()
  const make = (name: string, maxLiveBytes: number, options: SizeClassPoolOptions): Pool => {
    // As a server without pools would do it: plain allocations, and memory that is thrown away is not cleared.
    if (config.pooling === 'unpooled') return manager.add(new UnpooledPool({ name, maxLiveBytes, clear: 'never', leakDetection: 'off' }))
    return manager.add(new SizeClassPool({ name, maxLiveBytes, minClassBytes: SMALLEST_CLASS_BYTES, ...options }))
  }
  const bodies = {
    minClassBytes: Math.min(SMALLEST_CLASS_BYTES, bodyLimitBytes),
    maxClassBytes: bodyLimitBytes,
    oversize: 'refuse'
  } as const
  const quarantined = { maxClassBytes: mostQuarantinedBytes(bodyLimitBytes), clear: 'never' } as const
  try {
    return {
      manager,
      bodies: make('bodies', config.poolMaxBytes, bodies),
      scratch: make('scratch', 16 * LARGEST_SCRATCH_BYTES, { maxClassBytes: LARGEST_SCRATCH_BYTES }),
      files: config.filesDir === undefined ? undefined : make('files', config.filesPoolMaxBytes, CHUNKS),
      ingest: config.ingestPort === undefined ? undefined : make('ingest', config.ingestPoolMaxBytes, CHUNKS),
      quarantine: config.queueUrl === undefined ? undefined : make('quarantine', queuePoolMaxBytes, quarantined)
    }
  } catch (error) {
    manager.destroyAll()
    throw error
  }
}
