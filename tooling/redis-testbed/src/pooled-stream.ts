/**
 * The composition of an application: the lists and serializers of one package with the queues of another. Packages know core alone, so their tests and
 * benchmarks take it from here.
 * @module
 */
export { PooledBufferList, serializeJson } from '@pool/stream'
