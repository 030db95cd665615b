/**
 * The composition of an application: the connections of one package with the client of another. Packages know core alone, so their tests and
 * benchmarks take it from here.
 * @module
 */
export { connectPooled } from '@pool/net'
