import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import typeis from 'type-is'
import { describe, expect, it } from 'vitest'
import { TypeFilter } from '../src/type-filter.js'

const requestOf = (type: string | undefined) => ({ headers: type === undefined ? {} : { 'content-type': type } }) as IncomingMessage

describe('TypeFilter', () => {
  it('decides as type-is does, whichever type came before', () => {
    const types = ['json', 'text/*', '+xml', 'application/octet-stream']
    const filter = new TypeFilter(types)
    const some = fc.constantFrom(
      'application/json',
      'text/html; charset=x',
      'image/svg+xml',
      'application/octet-stream',
      'audio/ogg',
      'nonsense',
      ''
    )
    fc.assert(
      fc.property(fc.oneof(some, fc.string()), (type) => {
        expect(filter.matches(requestOf(type))).toBe(Boolean(typeis.is(type, types)))
      })
    )
  })

  it('lets nothing through that has no type', () => {
    expect(new TypeFilter(['*/*']).matches(requestOf(undefined))).toBe(false)
  })
})
