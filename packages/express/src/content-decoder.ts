import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { encodingOff, encodingUnknown } from './http-failure.js'

/**
 * The stream that inflates a body of that content-encoding; `undefined` for `identity`.
 * @throws 415 `encoding.unsupported`
 */
export function contentDecoder(contentEncoding: string | undefined, inflate: boolean): Transform | undefined {
  if (contentEncoding === undefined) return undefined
  const encoding = contentEncoding.toLowerCase() || 'identity'
  if (encoding === 'identity') return undefined
  if (!inflate) throw encodingOff(encoding)
  if (encoding === 'gzip') return zlib.createGunzip()
  if (encoding === 'deflate') return zlib.createInflate()
  if (encoding === 'br') return zlib.createBrotliDecompress()
  if (encoding === 'zstd' && 'createZstdDecompress' in zlib) return (zlib as ZlibWithZstd).createZstdDecompress()
  throw encodingUnknown(encoding)
}

/** From Node 22.15 on. */
interface ZlibWithZstd {
  createZstdDecompress(): Transform
}
