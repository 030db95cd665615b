/**
 * Node.js streams whose memory is pooled: transforms, message framing, files.
 * @module
 */

export type { Framing } from '@pool/core/kit'
export { createPooledReadStream } from './files/create-pooled-read-stream.js'
export type { FileSource } from './files/file-source.js'
export { type PooledFileChunks, type PooledFileChunksOptions, pooledFileChunks } from './files/pooled-file-chunks.js'
export { PooledReadStream } from './files/pooled-read-stream.js'
export type { PooledReadStreamOptions } from './files/pooled-read-stream-options.js'
export { type ReadFilePooledOptions, readFilePooled } from './files/read-file-pooled.js'
export { type WriteFileAtomicOptions, writeFileAtomic } from './files/write-file-atomic.js'
// Messages larger than a frame.
export { fragmentHeaderBytes } from './fragments/fragment-header.js'
export { MessageReassembler, type ReassemblerStats } from './fragments/message-reassembler.js'
export type { ExpiredMessage, MessageReassemblerOptions } from './fragments/message-reassembler-options.js'
export { type MessageFragment, type SplitMessageOptions, splitMessage } from './fragments/split-message.js'
export type { FramingStreamOptions, MessageParsingOptions } from './framing/framing-options.js'
export { createMessageDecoder, type MessageDecoder, type MessageDecoderOptions } from './framing/message-decoder.js'
export { createMessageEncoder, type MessageEncoder, type MessageEncoderOptions } from './framing/message-encoder.js'
export { MessageError, type MessageErrorCode } from './framing/message-error.js'
export type { PooledMessage } from './framing/pooled-message.js'
export { type SerializeOptions, serializeBytes, serializeJson } from './leases/serialize.js'
export { type LeasedWritable, writeLeased } from './leases/write-leased.js'
// Bytes of any length.
export { brotliInto, type CompressIntoOptions, gzipInto, jsonInto } from './list/compress-into.js'
export { type ListContent, PooledBufferList } from './list/pooled-buffer-list.js'
export type { PooledBufferListOptions, PooledBufferListStats } from './list/pooled-buffer-list-options.js'
export { MessageStreamProcessor, type MessageStreamProcessorStats } from './processor/message-stream-processor.js'
export type { MessageHandler, MessageStreamProcessorOptions } from './processor/message-stream-processor-options.js'
export type { MessageContext } from './processor/messages-in-flight.js'
export type { MessagePressureOptions } from './processor/pressure-gate.js'
export { PooledTransform, pooledTransform } from './transform/pooled-transform.js'
export type { PooledTransformOptions, TransformOutput } from './transform/pooled-transform-options.js'
