import { describe, expect, it } from 'vitest'
import { parseRedisUrl } from '../../src/client/redis-url.js'

describe('parseRedisUrl', () => {
  it('reads host, port, user, password and database', () => {
    expect(parseRedisUrl('redis://ada:p%40ss@queue.example:6380/3')).toEqual({
      ...{ host: 'queue.example', port: 6380, isTls: false, username: 'ada', password: 'p@ss', database: 3 }
    })
  })

  it('has the port 6379, database 0 and no login by default', () => {
    expect(parseRedisUrl('rediss://queue.example')).toEqual({
      ...{ host: 'queue.example', port: 6379, isTls: true, username: undefined, password: undefined, database: 0 }
    })
  })

  it('reads addresses of IPv6, and a password alone', () => {
    expect(parseRedisUrl('redis://:secret@[::1]:7000')).toMatchObject({ host: '::1', port: 7000, password: 'secret', username: undefined })
  })

  it.each([
    'http://localhost',
    'redis://',
    'redis://host/abc',
    'redis://host?tls=1',
    'localhost:6379',
    'redis://u:%zz@host',
    6379,
    undefined
  ])('refuses %s with ERR_POOL_INVALID_OPTION', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })

  it('never quotes the URL, which holds a password', () => {
    expect(() => parseRedisUrl('redis://ada:secret@host/abc')).not.toThrow(/secret/)
  })

  it.each(['redis+sentinel://host:26379', 'redis-sentinel://host', 'redis+cluster://host', 'redis://one:1,two:2'])(
    'refuses %s with ERR_POOL_REDIS_UNSUPPORTED',
    (url) => {
      expect(() => parseRedisUrl(url)).toThrow(expect.objectContaining({ code: 'ERR_POOL_REDIS_UNSUPPORTED' }))
    }
  )
})
