import type { Connection, Lease, LeaseWriter, NonSharedBuffer } from '@pool/core'

/** The methods that the client needs of a connection. Any `Connection` of core has them, such as those of `connectPooled` in `@pool/net`. */
export type Wire = Pick<
  Connection<Lease<NonSharedBuffer>>,
  'readAheadBytes' | 'tryPeek' | 'peek' | 'trySkip' | 'tryRead' | 'read' | 'destroy' | 'destroyed' | 'closed' | 'error'
> &
  Pick<LeaseWriter<Lease<Buffer>>, 'tryWrite'>

/** Where Redis is, and how long it may take to get there. */
export interface WireTarget {
  /** The peer's port; absent where `path` is given. */
  readonly port?: number
  /** The peer's name or address. */
  readonly host?: string
  /** A Unix socket. */
  readonly path?: string
  /** TLS, verified against the host. */
  readonly tls?: {
    /** The name that the certificate has to be for; absent where the host is an address, which the certificate then has to be for. */
    readonly servername?: string
  }
  /** How long the connection may take to be made, in ms. */
  readonly connectTimeoutMs: number
  /** The most bytes that one read asks for; absent up to 10 MiB, which connections read as they are. */
  readonly maxMessageBytes?: number
}

/** Makes a connection. `connectPooled` of `@pool/net` is one: give it as it is, or with options of yours beside those it is given. */
export type Connect = (target: WireTarget) => Promise<Wire>
