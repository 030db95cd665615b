import { Socket } from 'node:net'

/** The functions that Node calls for memory for the next bytes, and when the bytes are there; the option `onread` of its sockets. */
export interface OnRead {
  /** Gives the memory for the next bytes. */
  buffer(): Buffer
  /** `count` bytes are in that memory. Returns false to stop reading. */
  callback(count: number): boolean
}

/** A socket that took over, and whether its bytes go where `onRead` says. */
export interface TakenOver {
  readonly socket: Socket
  readonly isDirect: boolean
}

/** A socket's inside, as Node has had it since version 12. */
interface Inside {
  _handle: { readonly useUserBuffer?: unknown; reading?: boolean } | null | undefined
  _server: unknown
}

/**
 * A socket in the place of `accepted`, whose bytes go where `onRead` says. Node has no public way to read an accepted socket so: this moves
 * the handle into a new socket (decision 0130).
 *
 * `accepted` is spent then: its handle, and its place among the connections of its server, are the new socket's.
 * @param wasAsked - whether `onRead` was asked for memory
 * @returns `undefined`, and nothing has changed, where the runtime can't, or `accepted` was read or written before
 */
export function takeOverHandle(accepted: Socket, onRead: OnRead, wasAsked: () => boolean): TakenOver | undefined {
  const inside = accepted as unknown as Inside
  const handle = inside._handle
  if (handle === null || handle === undefined || typeof handle.useUserBuffer !== 'function' || handle.reading === true) return undefined
  const { connecting, destroyed, readableLength, readableFlowing, writableLength, readableEnded, writableEnded } = accepted
  if (accepted.constructor !== Socket || connecting || destroyed || readableEnded || writableEnded) return undefined
  if (readableLength > 0 || writableLength > 0 || readableFlowing === true || accepted.bytesWritten > 0) return undefined
  const server = inside._server
  inside._handle = null
  inside._server = null
  const socket = new Socket({ handle, allowHalfOpen: true, onread: onRead } as object)
  ;(socket as unknown as Inside)._server = server
  // Node asks for memory as the socket is made; a runtime that does not will emit its bytes as data.
  return { socket, isDirect: wasAsked() }
}
