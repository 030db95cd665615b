import { describe, expect, it } from 'vitest'
import { visitBody } from '../../../src/detector/fields/body-fields.js'
import { bodyTypeOf } from '../../../src/detector/fields/body-type.js'
import { atOnce, type FieldReader } from '../../../src/detector/fields/field.js'
import { visitHeader } from '../../../src/detector/fields/header-fields.js'
import { endOfText } from '../../../src/detector/fields/layout.js'
import { visitUri } from '../../../src/detector/fields/uri-fields.js'

/** The fields that a visitor takes, as texts behind their origins. */
function collect(content: string, run: (bytes: Buffer, reader: FieldReader) => void): string[] {
  const fields: string[] = []
  const take: FieldReader['take'] = (origin, bytes, start, end) => fields.push(`${origin.name} ${bytes.toString('utf8', start, end)}`)
  const read: FieldReader['read'] = (_origin, bytes, start, end, layout) => endOfText(layout, bytes, start, end)
  run(Buffer.from(content), {
    read,
    take,
    scan: take,
    mayGoOn: () => true,
    visit: (work) => atOnce(work),
    isDue: () => false,
    relocate: () => {},
    pass: () => -1
  })
  return fields
}

const bodyFields = (contentType: string, body: string): string[] =>
  collect(body, (bytes, reader) => atOnce(visitBody(contentType, bytes, 0, bytes.length, reader)))

describe('fields of a URI', () => {
  it('are its path, and the names and values of its query', () => {
    expect(collect('/a/b?x=1&y&=2&z=3=4', (bytes, reader) => visitUri(bytes, 0, bytes.length, reader))).toEqual([
      'path /a/b',
      'name x',
      'value 1',
      'value y',
      'value 2',
      'name z',
      'value 3=4'
    ])
  })
})

describe('fields of a header', () => {
  const fields = (name: string, value: string): string[] =>
    collect(value, (bytes, reader) => visitHeader(name, bytes, 0, bytes.length, reader))

  it('are the pairs of a cookie', () => {
    expect(fields('cookie', 'a=1; b=2')).toEqual(['name a', 'cookie 1', 'name b', 'cookie 2'])
  })

  it('are the whole of a Referer, and its query', () => {
    expect(fields('referer', 'http://x/?q=1')).toEqual(['header http://x/?q=1', 'name q', 'value 1'])
  })

  it('keep standard headers and file names apart', () => {
    expect(fields('accept', '*/*')).toEqual(['standard-header */*'])
    expect(fields('x-file-name', 'a.png')).toEqual(['filename a.png'])
  })
})

describe('fields of a body', () => {
  it('are the strings of JSON, names and values alike', () => {
    expect(bodyFields('application/json', '{"a":["b\\"c",1,{"d":null}]}')).toEqual(['string a', 'string b\\"c', 'string d'])
  })

  it('are its strings and the whole text where it is no JSON', () => {
    const body = '{"a": function,\n"b": 1}'
    expect(bodyFields('application/json', body)).toEqual(['string a', 'string b', `text ${body}`])
    expect(bodyFields('application/json', 'a or b')).toEqual(['text a or b', 'string a or b'])
  })

  it('are attribute values and text of XML, not its markup or comments', () => {
    const body = '<?xml version="1.0"?><r a="1"><!-- b --><c>d</c></r>'
    expect(bodyFields('application/xml', body)).toEqual(['part 1.0', 'part 1', 'part d', `text ${body}`])
  })

  it('are names, file names and contents of a multipart body', () => {
    const body =
      '--X\r\nContent-Disposition: form-data; name="n"; filename="f.txt"\r\n\r\nhello\r\n--X\r\nContent-Disposition: form-data; name="v"\r\n\r\n1\r\n--X--\r\n'
    expect(bodyFields('multipart/form-data; boundary=X', body)).toEqual(['name n', 'filename f.txt', 'text hello', 'name v', 'part 1'])
  })

  it('are the fields of JSON inside a part', () => {
    const body = '--X\nContent-Disposition: form-data; name="v"\nContent-Type: application/json\n\n{"a":1}\n--X--'
    expect(bodyFields('multipart/form-data; boundary="X"', body)).toEqual(['name v', 'string a'])
  })

  it('are none of a multipart body without parts', () => {
    expect(bodyFields('multipart/form-data; boundary=X', '--X--\r\n')).toEqual([])
  })

  it('are those of whatever a multipart body with text outside its parts looks like, besides those of its parts', () => {
    expect(bodyFields('multipart/form-data; boundary=X', 'a=--X')).toEqual(['name a', 'value --X'])
    expect(bodyFields('multipart/form-data; boundary=X', '--X=1&b=2')).toEqual(['name --X', 'value 1', 'name b', 'value 2'])
  })

  it('are those of whatever a multipart body without its boundary looks like', () => {
    expect(bodyFields('multipart/form-data; boundary=X', 'a=1')).toEqual(['name a', 'value 1'])
    expect(bodyFields('multipart/form-data', '{"a":1}')).toEqual(['string a'])
    expect(bodyFields('multipart/form-data', '# Title\n\nText\n')).toEqual(['text # Title\n\nText\n'])
  })
})

describe('the type of a body', () => {
  const typeOf = (contentType: string, body: string): string => bodyTypeOf(contentType, Buffer.from(body), 0, Buffer.byteLength(body))

  it.each([
    ['', 'a=1&b=2', 'form'],
    ['', '{"a":1}', 'json'],
    ['', '<?xml version="1.0"?><a/>', 'xml'],
    ['', '# Title\n\nText\n', 'text'],
    ['', "import a from './a.js'\n", 'text'],
    ['application/x-www-form-urlencoded', `# Read me\n\n${'Text & more = text.\n'.repeat(40)}`, 'text'],
    ['application/x-www-form-urlencoded', `content=${'word+'.repeat(400)}`, 'form'],
    ['application/x-www-form-urlencoded', `q=<b>&pad=${'a'.repeat(5000)}`, 'form'],
    ['application/x-www-form-urlencoded', `x;y=1&q=a b${' c'.repeat(900)}`, 'form'],
    ['application/x-www-form-urlencoded', `text=${'a line\n'.repeat(900)}`, 'form'],
    ['application/x-www-form-urlencoded', `export const a = 1\n${'b &= c\n'.repeat(900)}`, 'text'],
    ['application/x-www-form-urlencoded', `<p>${'word '.repeat(900)}<a href="?a=1&b=2">`, 'text'],
    ['', `q=<b>&pad=${'a'.repeat(5000)}`, 'form'],
    ['', `q=${'a line\n'.repeat(900)}&b=1`, 'form'],
    ['', `A=1\nB=2\n${'C=x&y=z\n'.repeat(200)}`, 'text'],
    ['', `a = 1\n${'b = 2\n'.repeat(900)}`, 'text'],
    ['text/plain', `q=<b>&pad=${'a'.repeat(5000)}`, 'form'],
    ['text/plain', `key=value\nother=value\n${'more=value\n'.repeat(90)}`, 'text'],
    ['', `${' '.repeat(5000)}{"a":1}`, 'json'],
    ['application/json', 'const a = 1\n', 'json'],
    ['foo/bar', 'a=1&b=2', 'form'],
    ['foo/bar', 'const a = 1\n', 'text'],
    ['text/css', 'a { color: red }\n', 'text'],
    ['application/ld+json', '[1]', 'json'],
    ['application/xml', '<!doctype html><html></html>', 'text'],
    ['text/plain', '{"a":1}', 'json'],
    ['text/html', '<p>a=b</p>', 'text']
  ])('declared %j, looking like %j, is %s', (contentType, body, expected) => {
    expect(typeOf(contentType, body)).toBe(expected)
  })
})
