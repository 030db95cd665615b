import type { Rule } from '../rule.js'

/** Names under which a container or a developer reaches its own machine. */
const OWN_NAMES =
  'localhost[46]?(?:\\.localdomain[46]?)?|ip6-(?:localhost|loopback)|lvh\\.me|localtest\\.me|[\\w.-]*\\.(?:nip|sslip|xip)\\.io|(?:host|gateway|kubernetes)\\.docker\\.internal|host\\.containers\\.internal|kubernetes\\.default(?:\\.svc)?[\\w.]*|metadata\\.google\\.internal|metadata\\.internal|instance-data|vcap\\.me|lacolhost\\.com|rancher-metadata|metadata\\.packet\\.net|metadata\\.(?:platformequinix|tencentyun)\\.com|consul\\.service\\.consul|spoofed\\.burpcollaborator\\.net|customer\\d*-app-\\S{4,24}\\.lvh\\.me'

/** A scheme that a server would follow. */
const SCHEME =
  '(?:https?|ftps?|gopher|ldaps?|dict|tftp|sftp|imaps?|pop3s?|smtps?|jar:http|netdoc|file|url:https?|wss?|ssh|telnet|rtsp|redis|mongodb|mysql|postgres|php|phar|jdbc:\\w{3,12}|unix)'

export const SERVER_REQUEST_RULES: readonly Rule[] = [
  {
    id: 'ssrf-cloud-metadata',
    why: "The cloud's metadata services.",
    reach: 'field',
    except: ['header'],
    test: /^\W{0,3}(?:\w{2,8}:)?(?:\/\/)?\[?(?:::ffff:)?(?:169\.254\.(?:169\.254|170\.2)|100\.100\.100\.200|192\.0\.0\.192|fd00:ec2::254|metadata\.google\.internal)|169\.254\.169\.254.{0,8}\/(?:latest|metadata|openstack|opc|computeMetadata|v\d|hetzner|\d{4})|\/latest\/(?:meta-data|user-data|dynamic\/instance)|computeMetadata\/v/i,
    finds: 'http://169.254.169.254/',
    leaves: 'the address 192.0.0.192'
  },
  {
    id: 'ssrf-answering-host',
    why: 'Hosts that tell an intruder whether a server called them.',
    reach: 'string',
    test: /(?:^|[/@."'\s(=])(?:burpcollaborator\.net|oastify\.com|oast\.(?:pro|live|site|online|fun|me)|interact\.sh|dnslog\.(?:cn|org|link)|ceye\.io|requestrepo\.com|canarytokens\.com|r87\.me|bxss\.me|xss\.ht)(?=[:/?#"'\s)]|$)|^\w{2,8}:\/\/[^/\s]{0,64}(?:127\.\d[\w.]*\.(?:nip|sslip|xip)\.io|metadata\.google\.internal|kubernetes\.default|instance-data|host\.docker\.internal:2375|localtest\.me|lvh\.me)(?=[.:/?#]|$)/i,
    finds: 'http://x1.oastify.com/',
    leaves: 'an interact.shop'
  },
  {
    id: 'ssrf-own-name',
    why: 'The own machine by one of its names.',
    reach: 'string',
    only: ['value', 'cookie', 'part'],
    test: new RegExp(
      `^(?:${SCHEME}:[\\/\\\\]{0,4}(?:[^@\\s/]{0,64}@)?(?:${OWN_NAMES})\\.?(?=[:/?#]|$)|[\\/\\\\]{0,2}(?:${OWN_NAMES})\\.?(?::\\d{1,5})?\\/)`,
      'i'
    ),
    finds: 'http://metadata.google.internal/computeMetadata/v1/',
    leaves: 'localhost'
  },
  {
    id: 'ssrf-own-name-in-string',
    why: 'The own machine, its containers or its cloud by a name that messages hardly ever hold, unlike `localhost`.',
    reach: 'string',
    only: ['string', 'xml'],
    test: new RegExp(
      `^(?:${SCHEME}:[\\/\\\\]{0,4}(?:[^@\\s/]{0,64}@)?)?(?!localhost[.:/]|host\\.docker)(?:${OWN_NAMES})\\.?(?::\\d{1,5})?(?:[/?#]|$)`,
      'i'
    ),
    finds: 'http://kubernetes.docker.internal/',
    leaves: 'http://localhost:3000/'
  },
  {
    id: 'ssrf-private-address',
    why: 'The own machine, or a private network, by address, after a scheme.',
    reach: 'string',
    only: ['value', 'cookie', 'part'],
    test: new RegExp(
      `^(?:${SCHEME}:[\\/\\\\]{0,4}|[a-z][\\w+.-]{1,20}:[\\/\\\\]{2,4})(?:[^@\\s/]{0,64}@)?\\[?(?:(?:::ffff:|0:0:0:0:0:ffff:)?(?:127(?:\\.\\d{1,3}){1,3}|0\\.0\\.0\\.0|10\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|192\\.168\\.\\d{1,3}\\.\\d{1,3}|172\\.(?:1[6-9]|2\\d|3[01])\\.\\d{1,3}\\.\\d{1,3}|169\\.254\\.\\d{1,3}\\.\\d{1,3})|0(?=[:/?#]|$)|::1?\\]|0:0:0:0:0:0:0:1|f[cde][0-9a-f]{2}:|::ffff:[0-9a-f:.]+\\])(?=[\\]:/?#]|$|\\.)`,
      'i'
    ),
    finds: 'http://[::1]/',
    leaves: '8080:80'
  },
  {
    id: 'ssrf-own-address',
    why: "The own machine or the cloud's, by address, without a scheme but with a path.",
    reach: 'string',
    only: ['value', 'cookie', 'part'],
    test: /^[/\\]{0,2}(?:127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\]|169\.254(?:\.\d{1,3}){2})(?::\d{1,5})?\/(?!\d{1,2}$)/,
    finds: '127.0.0.1/admin',
    leaves: '127.0.0.1'
  },
  {
    id: 'ssrf-disguised-address',
    why: 'An address written so that no filter reads it: one number, hexadecimal, octal, too few or too many parts.',
    reach: 'string',
    only: ['value', 'cookie', 'part', 'string'],
    test: new RegExp(
      `^(?:${SCHEME}:[\\/\\\\]{0,4}|[a-z][\\w+.-]{1,20}:[\\/\\\\]{2,4})(?:[^@\\s/]{0,64}@)?\\[?(?:\\d{8,12}|0x[0-9a-f]{8,24}|0\\d{9,16}|(?:0x[0-9a-f]{1,10}|0\\d{1,12}|\\d{1,3})(?:\\.(?:0x[0-9a-f]{1,10}|0\\d{1,12})){1,3}|(?:0x[0-9a-f]{1,10}|0\\d{2,12})(?:\\.\\d{1,10}){1,3}|\\d{1,3}\\.\\d{1,8}|\\d{1,3}\\.\\d{1,3}\\.\\d{1,6}|(?:0{0,4}:){2,7}ffff:\\d|[0-9a-f:]{0,40}(?:::|:)[0-9a-f:.]{1,40}\\])(?=[:/?#\\]]|$)`,
      'i'
    ),
    finds: 'http://[::1]/',
    leaves: '8080:80'
  },
  {
    id: 'ssrf-unusual-scheme',
    why: 'Mail and directory schemes: a web client has no use for a server that follows them.',
    reach: 'string',
    only: ['value', 'cookie', 'part', 'string'],
    test: /^\W{0,2}(?:gopher|imaps?|pop3s?|smtps?|dict|ldaps?|tftp|netdoc|phar|expect|jar:https?):\/\/\w/i,
    finds: 'expect://id',
    leaves: 'an ldap server'
  }
]
