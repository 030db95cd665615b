import type { OriginName } from '../fields/field.js'
import type { Rule } from '../rule.js'

/** Where a line end means a line of text, unless a header follows it. */
const PLACES: readonly OriginName[] = ['value', 'name', 'path', 'part', 'cookie', 'string']

export const HEADER_INJECTION_RULES: readonly Rule[] = [
  {
    id: 'crlf-response-header',
    why: 'A line end and a header of a response: `%0d%0aSet-Cookie: a=b`.',
    reach: 'parameter',
    only: PLACES,
    test: /(?:[\r\n]|\xe5\x98[\x8a\x8d])[ \t]{0,8}(?:set-cookie2?\s{0,4}:\s{0,4}\S|location\s{0,4}:\s{0,4}(?:\w{2,12}:)?\/|content-(?:length|encoding|disposition|security-policy|location)\s{0,4}:|content-type\s{0,4}:\s{0,4}\w+\/|transfer-encoding\s{0,4}:|x-(?:xss-protection|frame-options|accel-\w+)\s{0,4}:|refresh\s{0,4}:\s{0,4}\d|access-control-allow-\w+\s{0,4}:|www-authenticate\s{0,4}:|clear-site-data\s{0,4}:)|^\S{0,64}[\r\n]{1,4}x-\w[\w-]{1,32}:\s?\S/i,
    finds: 'en\r\nSet-Cookie: session=1',
    leaves: 'Lunch\nLocation: Room 5'
  },
  {
    id: 'crlf-request-header',
    why: 'A line end and a header that only a request smuggled in has.',
    reach: 'parameter',
    only: PLACES,
    test: /[\r\n][ \t]{0,8}(?:host\s{0,4}:\s{0,4}(?:[\w-]+\.)*[\w-]+(?::\d+)?\s*(?:[\r\n]|$)|x-forwarded-(?:for|host|proto)\s{0,4}:|authorization\s{0,4}:\s{0,4}(?:basic|bearer)\s)/i,
    finds: 'x\r\nX-Forwarded-For: 127.0.0.1',
    leaves: 'Menu\nHost: Kim and Anna'
  },
  {
    id: 'crlf-message',
    why: 'A second request or response behind a line end: response splitting, request smuggling.',
    reach: 'parameter',
    only: PLACES,
    test: /[\r\n]\s{0,8}HTTP\/\d(?:\.\d)?\s{1,4}\d{3}|[\r\n]\s{0,8}(?:GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH|CONNECT)\s{1,4}\S{1,256}\s{1,4}HTTP\/\d/,
    finds: '1\r\n\r\nHTTP/1.1 200 OK\r\n',
    leaves: 'Protocols:\nHTTP/1.1 and HTTP/2'
  },
  {
    id: 'crlf-mail-header',
    why: 'A line end and a header of a mail with an address in it: a form that sends mail would send it to others.',
    reach: 'parameter',
    only: ['value', 'part', 'cookie', 'string'],
    test: /[\r\n][ \t]{0,8}(?:(?:b?cc|to|from|reply-to|return-path)\s{0,4}:\s{0,4}[^\r\n:]{0,64}@[\w.-]+\s*(?:[\r\n,;]|$)|mime-version\s{0,4}:\s{0,4}1|content-type\s{0,4}:\s{0,4}(?:multipart|text)\/)|^[^\s@]{1,64}@[\w.-]{1,64}\s{0,4}[\r\n]\s{0,4}subject\s{0,4}:/i,
    finds: 'kim@example.com\r\nBcc: all@example.com',
    leaves: 'Dear all,\nTo: be done\nFrom: Monday on'
  }
]
