import type { IncomingMessage } from 'node:http'

/** Which requests see the page. */
export interface Admission {
  /** Names of hosts, lower case and without a port, beside those of loopback. */
  readonly hosts: ReadonlySet<string>
  /** Peers other than loopback are served too. */
  readonly remote: boolean
  /** The page is served under `NODE_ENV=production` too. */
  readonly production: boolean
}

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])
const loopbackPeer = /^(?:127\.|::1$|::ffff:127\.)/

/**
 * Why a request is refused, as a sentence with the cure; undefined when it is admitted.
 *
 * The address of the peer alone does not do: by DNS rebinding a foreign page reaches loopback under a name of its own, so the `Host` that
 * it names must be known as well. `Origin`, and the headers that browsers add themselves, show a page of another origin.
 */
export function refusalOf(request: IncomingMessage, admission: Admission): string | undefined {
  if (process.env.NODE_ENV === 'production' && !admission.production) {
    return 'The live page is off under NODE_ENV=production. Give production: true where the route is private.'
  }
  if (!admission.remote && !loopbackPeer.test(request.socket.remoteAddress ?? '')) {
    return 'The live page is for this machine alone. Give remote: true where the route is private, or behind a proxy on another machine.'
  }
  const { host = '', origin } = request.headers
  const name = nameOf(host)
  if (!loopbackHosts.has(name) && !admission.hosts.has(name)) {
    return 'The live page is not served under this Host. Name it in the option hosts.'
  }
  if (origin !== undefined && originHost(origin) !== host.toLowerCase()) return 'The live page is not served to pages of another origin.'
  const site = request.headers['sec-fetch-site']
  if (site === 'cross-site' && request.headers['sec-fetch-mode'] !== 'navigate') {
    return 'The live page is not served to pages of another site.'
  }
  return undefined
}

/** A host without its port, in lower case. */
export function nameOf(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase()
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase()
}
