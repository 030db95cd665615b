import { createPooledServer } from '../../src/index.js'

/** Prints whether Node's TLS is loaded: after this package, after a server without TLS, after one with it. */
const isLoaded = (): boolean => (process as unknown as { readonly moduleLoadList: string[] }).moduleLoadList.includes('NativeModule tls')

const before = isLoaded()
createPooledServer({}, () => {})
const plain = isLoaded()
createPooledServer({ tls: {} }, () => {})
console.log(JSON.stringify([before, plain, isLoaded()]))
