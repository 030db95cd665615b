import { describe, expect, test } from 'vitest'
import { replayedRequest } from '../../src/demo/http-load.js'
import type { Sample } from '../../src/demo/samples.js'

const sample: Sample = {
  id: 'one',
  kind: 'text',
  label: 'ordinary',
  method: 'PUT',
  uri: '/a?b=c',
  headers: { 'Content-Type': 'text/plain', 'Content-Length': '99', 'Transfer-Encoding': 'chunked', Cookie: 'a=こ' },
  body: 'é'
}

describe('replayedRequest', () => {
  test('carries method and URI as a proxy does, and frames the body itself', () => {
    const { headers, body } = replayedRequest(sample)
    expect(headers).toEqual({
      'Content-Type': 'text/plain',
      Cookie: `a=${Buffer.from('こ').toString('latin1')}`,
      'x-original-method': 'PUT',
      'x-original-uri': '/a?b=c',
      'content-length': 2
    })
    expect(body).toEqual(Buffer.from('é', 'utf8'))
  })

  test('repeats the body up to a size', () => {
    const { headers, body } = replayedRequest({ ...sample, body: 'abc' }, 7)
    expect(body.toString()).toBe('abcabca')
    expect(headers['content-length']).toBe(7)
  })
})
