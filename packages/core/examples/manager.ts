import { createStandardPools, poolManager } from '@pool/core'

const pools = createStandardPools() // small, medium, large: 1, 8 and 64 KiB
const buffer = pools.poolFor(5000).acquire()
console.log(poolManager.getStats().medium?.inUse)
pools.medium.release(buffer)

const frames = poolManager.getPool('frames', { bufferSize: 4096, maxSize: 200 })
console.log(frames === poolManager.getPool('frames'))

const { healthy, warnings, errors } = poolManager.healthCheck()
console.log(healthy, warnings.length, errors.length)
poolManager.destroyAll()
