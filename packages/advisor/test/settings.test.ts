import { expect, it } from 'vitest'
import { outputFile, settingsOf } from '../src/settings.js'

it('has defaults, and takes empty variables as absent', () => {
  const defaults = { output: 'pool-advisor-%p.json', seconds: undefined, meanBytes: undefined }
  expect(settingsOf({})).toEqual(defaults)
  expect(settingsOf({ POOL_ADVISOR_OUTPUT: '', POOL_ADVISOR_SECONDS: '', POOL_ADVISOR_MEAN_BYTES: '' })).toEqual(defaults)
  expect(settingsOf({ POOL_ADVISOR_OUTPUT: 'a', POOL_ADVISOR_SECONDS: '2.5', POOL_ADVISOR_MEAN_BYTES: '4096' })).toEqual({
    output: 'a',
    seconds: 2.5,
    meanBytes: 4096
  })
})

it.each([
  ['POOL_ADVISOR_SECONDS', '0'],
  ['POOL_ADVISOR_SECONDS', 'ten'],
  ['POOL_ADVISOR_MEAN_BYTES', '10']
])('refuses %s=%s with ERR_POOL_INVALID_OPTION, and names the variable', (name, value) => {
  expect(() => settingsOf({ [name]: value })).toThrow(
    expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) })
  )
})

it.each([
  ['a-%p.json', true, 'a-42.json'],
  ['a-%p.json', false, 'a-42.json'],
  ['out/a.json', true, 'out/a.json'],
  ['out/a.json', false, 'out/a.42.json'],
  ['out.d/a', false, 'out.d/a.42']
])('writes to %s, first process: %s, as %s', (output, isFirst, file) => {
  expect(outputFile({ output, seconds: undefined, meanBytes: undefined }, 42, isFirst)).toBe(file)
})
