/**
 * Node.js streams whose memory is pooled: transforms, message framing, files.
 * @module
 */
export type { FileSource } from './file-source.js'
// Messages larger than a frame.
export { fragmentHeaderBytes } from './fragment-header.js'
export type { MessageFragment } from './message-fragment.js'
export { MessageReassembler } from './message-reassembler.js'
export type { ExpiredMessage, MessageReassemblerOptions } from './message-reassembler-options.js'
export { type PooledFileChunks, type PooledFileChunksOptions, pooledFileChunks } from './pooled-file-chunks.js'
export { createPooledReadStream, PooledReadStream } from './pooled-read-stream.js'
export type { PooledReadStreamOptions } from './pooled-read-stream-options.js'
export { PooledTransform, pooledTransform } from './pooled-transform.js'
export type { PooledTransformOptions, TransformOutput } from './pooled-transform-options.js'
export { type ReadFilePooledOptions, readFilePooled } from './read-file-pooled.js'
export type { ReassemblerStats } from './reassembler-stats.js'
export { type SerializeOptions, serializeBytes, serializeJson } from './serialize.js'
export { type SplitMessageOptions, splitMessage } from './split-message.js'
export { type WriteFileAtomicOptions, writeFileAtomic } from './write-file-atomic.js'
export { type LeasedWritable, writeLeased } from './write-leased.js'
