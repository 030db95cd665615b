/**
 * Messages in pooled memory through Redis.
 * @module
 */
export { type CommandSender, type SentPart, sendPooled } from './adapters/send-pooled.js'
export type { RedisClientOptions } from './client/client-options.js'
export { type ConnectionWatch, RedisClient, type SendOptions } from './client/redis-client.js'
export type { RedisClientStats } from './client/redis-client-stats.js'
export type { Connect, Wire, WireTarget } from './client/wire.js'
export type { PooledQueueStats, QueueDepth, QueueStats } from './queue/figures/queue-stats.js'
export { MemoryQueue, type MemoryQueueOptions } from './queue/memory-queue.js'
export type { Added, AddOptions, ConsumeOptions, Job, JobConsumer, Message, MessageQueue } from './queue/message-queue.js'
export { PooledQueue } from './queue/pooled-queue.js'
export type { QueueEventSource, QueueEvents } from './queue/queue-events.js'
export type { PooledQueueOptions, WhenFull } from './queue/queue-options.js'
export type { CommandPart } from './resp/command-encoder.js'
export { type Landing, landsNothing, landsWhole, type Reply, releaseReply } from './resp/reply.js'
export { RedisReplyError } from './resp/resp-errors.js'
export { PayloadStore } from './store/payload-store.js'
export type { PayloadStoreOptions, PutOptions, TakeOptions } from './store/payload-store-options.js'
export type { PayloadStoreStats } from './store/payload-store-stats.js'
