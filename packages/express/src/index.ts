/**
 * Express middleware on pooled memory: request bodies that live exactly as long as the request.
 * @module
 */
export type { PoolSources } from '@pool/core'
export type { Middleware, Next } from './connect.js'
export { type PoolRoutesOptions, poolHealth, poolRoutes, poolStats } from './pool-routes.js'
export { pooledBody } from './pooled-body.js'
export type { BodyKind, BodyVerifier, PooledBodyOptions } from './pooled-body-options.js'
export { type PooledBufferOptions, pooledBuffer } from './pooled-buffer.js'
export { holdBody } from './request-body.js'
export type { FileStored } from './uploads/file-reader.js'
export { holdFile, type PooledFile } from './uploads/pooled-file.js'
export {
  type PooledStorage,
  type PooledStorageOptions,
  type PooledStorageStats,
  pooledStorage,
  type UploadRequest
} from './uploads/pooled-storage.js'
