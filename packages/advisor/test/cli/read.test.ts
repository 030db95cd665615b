import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { profileOf } from '../support/profile-of.js'
import { callCommand, temporaryFolder } from '../support/run-command.js'

const folder = temporaryFolder()
afterAll(() => folder.remove())
const file = (name: string) => join(folder.path, name)
const profile = 'profile.json'
writeFileSync(file(profile), JSON.stringify(profileOf()))

describe('pool-advisor read, attach, --help', { timeout: 240_000 }, () => {
  it('prints advice on a profile, and writes the files that are asked for', async () => {
    const outputs = ['--report', 'advice.html', '--json', 'advice.json', '--dhat', 'dhat.json']
    const { code, stdout, stderr } = await callCommand(folder.path, 'read', profile, ...outputs)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/Pools pay in one place/)
    expect(stderr).not.toContain('\u001b')
    expect(readFileSync(file('advice.html'), 'utf8')).toMatch(/^<!doctype html>/)
    expect(JSON.parse(readFileSync(file('advice.json'), 'utf8'))).toMatchObject({ version: 1, worthwhile: true })
    expect(JSON.parse(readFileSync(file('dhat.json'), 'utf8'))).toMatchObject({ dhatFileVersion: 2 })
  })

  it('says what is wrong with a file that is not there, is not JSON, or is not a profile', async () => {
    writeFileSync(file('text.json'), 'no JSON')
    writeFileSync(file('other.json'), '{}')
    const answers = await Promise.all(['absent.json', 'text.json', 'other.json'].map((name) => callCommand(folder.path, 'read', name)))
    expect(answers.map(({ code }) => code)).toEqual([2, 2, 2])
    const [absent, text, other] = answers.map(({ stderr }) => stderr)
    expect(absent).toMatch(/^ENOENT.*absent\.json/)
    expect(text).toMatch(/^text\.json is not JSON/)
    expect(other).toMatch(/^version must be 1|profile/)
    for (const { stderr } of answers) expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('says that a program can not be observed by what is no process and no address', async () => {
    const answer = await callCommand(folder.path, 'attach', 'server.js')
    expect(answer.code).toBe(2)
    expect(answer.stderr).toMatch(/^url must be the ws: or http: address of an inspector/)
  })

  it('shows how it is called', async () => {
    const [help, none, unknown, inherited] = await Promise.all(
      [['--help'], [], ['--colour'], ['toString', 'read']].map((args) => callCommand(folder.path, ...args))
    )
    expect(inherited).toEqual(none)
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help?.stdout).toMatch(/^pool-advisor /)
    expect(none?.code).toBe(2)
    expect(none?.stderr).toMatch(/^pool-advisor /)
    expect(unknown?.stderr).toMatch(/^Unknown option '--colour'/)
  })
})
