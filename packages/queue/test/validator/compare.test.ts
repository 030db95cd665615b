import { describe, expect, it } from 'vitest'
import { compare } from '../../src/validator/compare.js'

const sent = { name: 'five', id: '3', bytes: Buffer.from('hello') }
const came = (bytes: string, more: object = {}) => ({ id: '3', bytes: Buffer.from(bytes), release: () => {}, ...more })

describe('comparing', () => {
  it('finds nothing where nothing differs', () => {
    expect(compare('way', sent, came('hello'))).toBeUndefined()
  })

  it.each([
    ['another byte', came('heLlo'), 'bytes', 'byte 2 of 5 is 76, and 108 was sent'],
    ['fewer bytes', came('hell'), 'bytes', '4 bytes came, and 5 were sent'],
    ['more bytes', came('hello!'), 'bytes', '6 bytes came, and 5 were sent'],
    ['another message', came('hello', { id: '4' }), 'order', 'message 4 came where 3 was due'],
    ['another form', came('hello', { malformed: 'an entry has the field x' }), 'format', 'an entry has the field x']
  ])('reports %s', (_, received, kind, detail) => {
    expect(compare('way', sent, received)).toEqual({ route: 'way', message: 'five', kind, detail })
  })
})
