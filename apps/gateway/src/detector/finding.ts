/** The kinds of attack that the detector distinguishes. */
export const ATTACK_KINDS = [
  'path-traversal',
  'remote-file',
  'command-injection',
  'php-injection',
  'code-injection',
  'xss',
  'sql-injection',
  'java-injection',
  'ldap-injection',
  'crlf-injection',
  'reconnaissance'
] as const

/** One kind of attack. */
export type AttackKind = (typeof ATTACK_KINDS)[number]

/** The part of a request in which something was found. */
export type RequestPart = 'uri' | 'header' | 'body'

/** One finding. It names the place, never the text there, so a finding may be logged without leaking the request. */
export interface Finding {
  readonly kind: AttackKind
  /** The rule that found it, as `kind-of-trick`; stable across releases. */
  readonly rule: string
  readonly where: RequestPart
  /**
   * Bytes from the start of the raw part to the place found: of the URI, of the header's value, of the body. Exact through
   * URL, entity and escape decoding, for each decoded byte remembers where it came from; after base64 decoding it is the
   * start of the encoded value.
   */
  readonly offset: number
}

/** The result of `analyzeRequest`. */
export interface Analysis {
  readonly verdict: 'clean' | 'threat'
  /** In the order found: URI, headers, body. At most `maxFindings`, one for each rule and field. */
  readonly findings: readonly Finding[]
  /** False when a bound on work was met, so that the rest of the request was not examined. */
  readonly complete: boolean
}
