import { describe, expect, it } from 'vitest'
import { remedyFor } from '../../src/advice/remedy.js'
import type { Frame, Site } from '../../src/profile.js'
import { profileOf, siteOf } from '../support/profile-of.js'

const frame = (file: string, library?: string): Frame => ({
  file,
  line: 1,
  column: 1,
  function: 'make',
  ...(library === undefined ? {} : { library })
})
const { library: _library, ...anonymous } = siteOf()
const own = (changes: Partial<Site> = {}): Site => ({ ...anonymous, frames: [frame('/app/src/own.js')], place: 'src/own.js:1', ...changes })
const ofNode = (place: string): Site => ({ ...anonymous, maker: 'Readable.push', frames: [], place })
const of = (library: string, file = 'index.js'): Site =>
  siteOf({ library, frames: [frame(`/app/node_modules/${library}/${file}`, library)], place: `node_modules/${library}/${file}:1` })
const apiFor = (site: Site, ...others: Site[]) => {
  const remedy = remedyFor(site, profileOf({ sites: [site, ...others] }))
  return 'change' in remedy ? `${remedy.change.package} ${remedy.change.api}` : remedy.outOfReach
}

describe('remedyFor', () => {
  it('knows the pool for bodies, uploads, files, sockets, lists, and plain buffers', () => {
    expect(apiFor(of('raw-body'))).toBe('@pool/express pooledBody')
    expect(apiFor(of('multer', 'storage/memory.js'))).toBe('@pool/express pooledStorage')
    expect(apiFor(of('concat-stream'), of('multer'))).toBe('@pool/express pooledStorage')
    expect(apiFor(ofNode('node:fs'))).toBe('@pool/stream pooledFileChunks, writeLeased')
    expect(apiFor(ofNode('node:net'))).toBe('@pool/net createPooledServer, connectPooled')
    expect(apiFor(own())).toBe('@pool/stream PooledBufferList')
    expect(apiFor(own({ maker: 'Buffer.allocUnsafe' }))).toBe('@pool/core SizeClassPool')
  })

  it('reads JSON and text by the same middleware, as what they are', () => {
    const body = of('raw-body')
    for (const type of ['json', 'text']) {
      const frames = [...body.frames, frame(`/app/node_modules/body-parser/lib/types/${type}.js`, 'body-parser')]
      const remedy = remedyFor({ ...body, frames }, profileOf())
      expect('change' in remedy && remedy.change.before).toBe(`app.use(express.${type}({ limit: '1mb' }))`)
      expect('change' in remedy && remedy.change.after).toContain(`pooledBody({ pool: bodies, as: '${type}', limit: '1mb' })`)
    }
  })

  it('promises nothing where the code that makes the buffers takes no pool', () => {
    expect(apiFor(of('ws', 'lib/receiver.js'))).toMatch(/^ws makes these buffers itself/)
    expect(apiFor(of('concat-stream'))).toMatch(/^concat-stream makes these buffers itself/)
    expect(apiFor(siteOf({ library: 'raw-body via co-body' }))).toMatch(/no middleware for Koa/)
    expect(apiFor(ofNode('node:http'))).toMatch(/^node:http reads its sockets itself/)
    expect(apiFor(ofNode('node:zlib'))).toMatch(/^node:zlib makes/)
  })

  it('leaves sockets alone that a library of the program reads', () => {
    expect(apiFor(ofNode('node:net'), of('pg'))).toMatch(/^pg reads its sockets itself/)
    expect(apiFor(ofNode('node:net'), of('ws'))).toMatch(/^ws reads its sockets itself/)
    expect(apiFor(ofNode('node:net'), of('raw-body'))).toMatch(/^node:http reads its sockets itself/)
  })

  it('points to the place where pushed bytes are made', () => {
    expect(apiFor(own({ maker: 'Readable.push' }))).toMatch(/made elsewhere/)
  })
})
