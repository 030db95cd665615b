const MEBIBYTE = 1 << 20
const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'

/** A body of one mebibyte that is made to cost as much as it can. */
export interface HostileShape {
  readonly type: string
  /** What the body repeats; `~` is a number that grows, so that no two are the same. */
  readonly unit: string
  readonly body: Buffer
}

/** For each declared type, what a body repeats: short fields, marks of many rules, encodings inside encodings, things that never close. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  [FORM]: [
    'a=1&',
    'a=(~&',
    "a='~&",
    'a=<&',
    'a=%25&',
    'a=%2525252527~&',
    'a=&#39;~&',
    'a=&#',
    'a=&amp;#38;#39;&',
    'a=\\u0027&',
    '=',
    '&',
    '%25',
    '%',
    '+',
    'a=$(&',
    'a=;id&',
    'a=or+~&',
    'a=select+(~&',
    'a=cat+/etc&',
    'a=../&',
    "a=x'or'~&",
    'a=~QUFBQUFBQUFBQUFB&',
    'a=/*&',
    'a[=1&'
  ],
  [JSON_TYPE]: [
    '"a":1,',
    '"(~",',
    '"\'~",',
    '"<",',
    '"\\u0027",',
    '"\\\\u0027~",',
    '"\\',
    '"',
    "'",
    '"&#39;",',
    '"%2527",',
    '"union select",',
    '"cat ~ /etc | grep",',
    '"QUFBQUFBQUFBQUFBQUFB",',
    '"${",',
    '"{{",',
    '[',
    '"java.lang.~ (org.",'
  ],
  '': ['<', '&#', '%25', '\\u0041', '%41', '${', 'jndi:', '../', "'", 'a,'],
  'application/xml': ['<a b="(~">', '<a>&#39;</a>', '<!--', '<![CDATA[', "<a b='"],
  'multipart/form-data; boundary=x': [
    '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n(\r\n',
    '--x\r\n\r\n',
    '--x',
    'x=',
    '--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n%41\r\n',
    '--x\r\nContent-Disposition: form-data; name="\'or 1=1"\r\n\r\n1\r\n'
  ]
}

/** How a body begins, so that it is read as what its type says. */
const BEGINS: Readonly<Record<string, string>> = { [JSON_TYPE]: '["",', 'application/xml': '<?xml version="1.0"?>' }

function repeated(unit: string): Buffer {
  if (!unit.includes('~')) return Buffer.alloc(MEBIBYTE, unit)
  const units = Array.from({ length: Math.ceil(MEBIBYTE / unit.length) }, (_, index) => unit.replaceAll('~', String(index)))
  return Buffer.from(units.join('')).subarray(0, MEBIBYTE)
}

/** Sixty-four ways to make a mebibyte cost as much as it can. */
export const HOSTILE_SHAPES: readonly HostileShape[] = Object.entries(UNITS).flatMap(([type, units]) =>
  units.map((unit) => {
    const body = repeated(unit)
    body.write(BEGINS[type] ?? '')
    return { type, unit, body }
  })
)
