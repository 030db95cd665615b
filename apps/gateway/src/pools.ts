import { PoolManager, SizeClassPool, UnpooledPool } from '@pool/core'
import type { GatewayConfig } from './config.js'
import { mostQuarantinedBytes } from './quarantine/quarantined-message.js'

/** The memory of one process. */
export interface GatewayPools {
  /** Knows all of them, for figures, health and the end. */
  readonly manager: PoolManager
  /** Bodies of requests: out from the first byte of a body to the end of the response. */
  readonly bodies: SizeClassPool | UnpooledPool
  /** Where bodies and headers are decoded: out while one request is analysed, which is synchronous, so one at a time. */
  readonly scratch: SizeClassPool | UnpooledPool
  /** Chunks of files: out from the read to the end of the write. Undefined where no files are served. */
  readonly files: SizeClassPool | UnpooledPool | undefined
  /** Bytes of streams on the TCP port: out from their arrival until they were judged. Undefined without such a port. */
  readonly ingest: SizeClassPool | UnpooledPool | undefined
  /** Threats on their way into the queue: out from the verdict until Redis has them. Undefined without such a queue. */
  readonly quarantine: SizeClassPool | UnpooledPool | undefined
}

/** The most bytes of a file that are read at once. */
export const FILE_CHUNK_BYTES = 128 * 1024

const SMALLEST_CLASS_BYTES = 1024
/** The detector asks for 27 KiB at most. */
const LARGEST_SCRATCH_BYTES = 32 * 1024

/**
 * Makes the pools of a process, or their unpooled twins with the same bounds.
 * @throws the error of the first pool that can't be made; those made before it are destroyed
 */
export function createPools(config: GatewayConfig): GatewayPools {
  const manager = new PoolManager()
  try {
    return poolsOf(config, manager)
  } catch (error) {
    manager.destroyAll()
    throw error
  }
}

function poolsOf(config: GatewayConfig, manager: PoolManager): GatewayPools {
  const scratchBytes = 16 * LARGEST_SCRATCH_BYTES
  if (config.pooling === 'unpooled') {
    // As a server without pools would do it: plain allocations, and memory that is thrown away is not cleared.
    const plain = { clear: 'never', leakDetection: 'off' } as const
    const bodies = manager.add(new UnpooledPool({ name: 'bodies', maxLiveBytes: config.poolMaxBytes, ...plain }))
    const scratch = manager.add(new UnpooledPool({ name: 'scratch', maxLiveBytes: scratchBytes, ...plain }))
    const unpooled = (name: string, maxLiveBytes: number) => manager.add(new UnpooledPool({ name, maxLiveBytes, ...plain }))
    const files = config.filesDir === undefined ? undefined : unpooled('files', config.filesPoolMaxBytes)
    const ingest = config.ingestPort === undefined ? undefined : unpooled('ingest', config.ingestPoolMaxBytes)
    const quarantine = config.queueUrl === undefined ? undefined : unpooled('quarantine', config.queuePoolMaxBytes)
    return { manager, bodies, scratch, files, ingest, quarantine }
  }
  const bodies = manager.add(
    new SizeClassPool({
      name: 'bodies',
      minClassBytes: Math.min(SMALLEST_CLASS_BYTES, config.bodyLimitBytes),
      maxClassBytes: config.bodyLimitBytes,
      oversize: 'refuse',
      maxLiveBytes: config.poolMaxBytes
    })
  )
  const scratch = manager.add(
    new SizeClassPool({
      name: 'scratch',
      minClassBytes: SMALLEST_CLASS_BYTES,
      maxClassBytes: LARGEST_SCRATCH_BYTES,
      maxLiveBytes: scratchBytes
    })
  )
  const files = config.filesDir === undefined ? undefined : manager.add(chunkPool('files', config.filesPoolMaxBytes))
  const ingest = config.ingestPort === undefined ? undefined : manager.add(chunkPool('ingest', config.ingestPoolMaxBytes))
  const quarantine = config.queueUrl === undefined ? undefined : manager.add(quarantinePool(config))
  return { manager, bodies, scratch, files, ingest, quarantine }
}

/** Of the longest message with its verdict before it. */
function quarantinePool({ bodyLimitBytes, queuePoolMaxBytes }: GatewayConfig): SizeClassPool {
  return new SizeClassPool({
    name: 'quarantine',
    minClassBytes: SMALLEST_CLASS_BYTES,
    maxClassBytes: mostQuarantinedBytes(bodyLimitBytes),
    maxLiveBytes: queuePoolMaxBytes,
    clear: 'never'
  })
}

/** Of chunks that are filled from a file or a socket. */
function chunkPool(name: string, maxLiveBytes: number): SizeClassPool {
  return new SizeClassPool({
    name,
    minClassBytes: SMALLEST_CLASS_BYTES,
    maxClassBytes: FILE_CHUNK_BYTES,
    oversize: 'refuse',
    maxLiveBytes,
    // The reader of a chunk sees only the bytes that were read into it.
    clear: 'never'
  })
}
