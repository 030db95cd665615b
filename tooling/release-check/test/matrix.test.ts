import { describe, expect, it } from 'vitest'
import { runColumn } from '../src/matrix.js'

const ends = (version: string, ok: boolean) => ({ version, run: () => Promise.resolve({ ok, output: '', log: `log of ${version}` }) })

describe('a column of the matrix', () => {
  it('is fine where all its cells are', async () => {
    expect(await runColumn('@pool/core', { title: 'ESM', cells: [ends('20', true), ends('22', true)] })).toEqual({ text: 'ok', faults: [] })
  })

  it('names the versions that failed, with what they printed', async () => {
    const { text, faults } = await runColumn('@pool/core', { title: 'ESM', cells: [ends('20', false), ends('22', true)] })
    expect(text).toBe('FAILED 20')
    expect(faults).toEqual([{ package: '@pool/core', column: 'ESM', version: '20', log: 'log of 20' }])
  })

  it('is left open where the short form has no cells', async () => {
    expect(await runColumn('@pool/core', { title: 'TS 5.5', cells: [] })).toEqual({ text: '–', faults: [] })
  })

  it('shows the mark of an exception that holds', async () => {
    const cells = [ends('build', true), ends('20', false), ends('20 with require', true)]
    expect(await runColumn('@pool/express', { title: 'esbuild ESM', cells })).toEqual({ text: 'ok ¹', faults: [] })
  })

  it('fails where an exception holds no more, or its remedy does not help', async () => {
    const gone = await runColumn('@pool/express', { title: 'esbuild ESM', cells: [ends('20', true)] })
    expect(gone.faults[0]?.log).toContain('works now')
    const worse = await runColumn('@pool/express', { title: 'esbuild ESM', cells: [ends('20', false), ends('20 with require', false)] })
    expect(worse.text).toBe('FAILED 20 with require')
  })
})
