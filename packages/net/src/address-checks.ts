import * as check from '@pool/core/kit'

/** Where to connect to, or to listen. */
interface Address {
  readonly port?: number
  readonly host?: string
  readonly path?: string
}

/** @throws `ERR_POOL_INVALID_OPTION`, naming the option */
export function checkAddress({ port, host, path }: Address): void {
  if ((port === undefined) === (path === undefined)) throw check.invalid('port', 'given, or path, and not both', port)
  if (port !== undefined) check.validInteger('port', port, 0, 65_535)
  if (path !== undefined && (typeof path !== 'string' || path === '')) throw check.invalid('path', 'a string', path)
  if (host !== undefined && (typeof host !== 'string' || host === '')) throw check.invalid('host', 'a string', host)
}
