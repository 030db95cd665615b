import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import typeis from 'type-is'
import { describe, expect, it } from 'vitest'
import { TypeFilter } from '../src/type-filter.js'

const requestOf = (type: string | undefined) => ({ headers: type === undefined ? {} : { 'content-type': type } }) as IncomingMessage

describe('TypeFilter', () => {
  const sent = [
    ...[
      'application/json',
      'Application/JSON',
      'application/json;',
      'application/vnd.api+json; v=1',
      'x/json',
      'json',
      '/json',
      'application/'
    ],
    ...[
      'text/html; charset=x',
      'text/plain',
      ' text/plain ',
      'text/plain/x',
      'text/x+y+xml',
      'image/svg+xml',
      '+xml',
      '*/*',
      'text/*',
      'a/+json'
    ],
    ...[
      'application/x-www-form-urlencoded',
      'multipart/mixed; boundary=x',
      'application/octet-stream',
      'audio/ogg',
      'nonsense',
      '',
      ' ',
      ';',
      '/'
    ],
    ...['application/java script', 'application/j\u00e4son', `a/${'b'.repeat(127)}`, `a/${'b'.repeat(128)}`]
  ]
  const wanted = [
    ...[
      'json',
      'JSON',
      '.json',
      'a.html',
      'html',
      'xlsx',
      'toString',
      'no-such-extension',
      'urlencoded',
      'multipart',
      '',
      '*',
      '+',
      '+json',
      '+xml'
    ],
    ...[
      'text/*',
      '*/*',
      '*/html',
      '*/*+xml',
      'text/*+xml',
      'Text/*',
      'application/json',
      'application/JSON',
      'application/octet-stream',
      'a/b/c',
      '/'
    ]
  ]

  it('decides as type-is does, whichever type came before', async () => {
    const lists = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...wanted) }, fc.string()), { maxLength: 3 })
    const headers = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...sent) }, fc.string()), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(lists, headers, async (types, ofEach) => {
        const filter = new TypeFilter(types)
        await filter.loading
        for (const header of ofEach) expect(filter.matches(requestOf(header))).toBe(Boolean(typeis.is(header, types)))
      }),
      { numRuns: 2000 }
    )
  })

  it('decides as type-is does of each pair of a list', async () => {
    for (const name of wanted) {
      const filter = new TypeFilter([name])
      await filter.loading
      for (const header of sent) {
        expect([name, header, filter.matches(requestOf(header))]).toEqual([name, header, Boolean(typeis.is(header, [name]))])
      }
    }
  })

  it('knows media types, suffixes and the two shorthands at once, and loads a table for extensions alone', async () => {
    expect(new TypeFilter(['application/json', 'text/*', '+json', 'urlencoded', 'multipart', 5]).loading).toBeUndefined()
    const filter = new TypeFilter(['html'])
    expect(filter.loading).toBeInstanceOf(Promise)
    await filter.loading
    expect([filter.loading, filter.matches(requestOf('text/html'))]).toEqual([undefined, true])
  })

  it('lets nothing through that has no type', () => {
    expect(new TypeFilter(['*/*']).matches(requestOf(undefined))).toBe(false)
  })
})
