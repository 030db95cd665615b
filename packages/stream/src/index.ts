/**
 * Node.js streams whose memory is pooled: transforms, message framing, files.
 * @module
 */
export type { FileSource } from './file-source.js'
export type { Framing, FramingStreamOptions, MessageParsingOptions } from './framing-options.js'
export { createMessageDecoder, type MessageDecoder, type MessageDecoderOptions } from './message-decoder.js'
export { createMessageEncoder, type MessageEncoder, type MessageEncoderOptions } from './message-encoder.js'
export { MessageError, type MessageErrorCode } from './message-error.js'
export type { MessageContext } from './message-in-flight.js'
export { MessageStreamProcessor } from './message-stream-processor.js'
export type { MessageHandler, MessageStreamProcessorOptions } from './message-stream-processor-options.js'
export type { MessageStreamProcessorStats } from './message-stream-processor-stats.js'
export { type PooledFileChunks, type PooledFileChunksOptions, pooledFileChunks } from './pooled-file-chunks.js'
export type { PooledMessage } from './pooled-message.js'
export { createPooledReadStream, PooledReadStream } from './pooled-read-stream.js'
export type { PooledReadStreamOptions } from './pooled-read-stream-options.js'
export { PooledTransform, pooledTransform } from './pooled-transform.js'
export type { PooledTransformOptions, TransformOutput } from './pooled-transform-options.js'
export type { MessagePressureOptions } from './pressure-gate.js'
export { type ReadFilePooledOptions, readFilePooled } from './read-file-pooled.js'
export { type SerializeOptions, serializeBytes, serializeJson } from './serialize.js'
export { type WriteFileAtomicOptions, writeFileAtomic } from './write-file-atomic.js'
export { type LeasedWritable, writeLeased } from './write-leased.js'
