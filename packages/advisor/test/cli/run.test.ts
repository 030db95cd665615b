import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildAdvisor } from '../support/built-advisor.js'
import { callCommand, runCommand, temporaryFolder } from '../support/run-command.js'

const folder = temporaryFolder()
let built: string
beforeAll(async () => {
  built = await buildAdvisor()
})
afterAll(() => {
  folder.remove()
  rmSync(built, { recursive: true, force: true })
})
const file = (name: string) => join(folder.path, name)
writeFileSync(
  file('makes.cjs'),
  `for (let turn = 0; turn < 400; turn++) Buffer.allocUnsafeSlow(1024 * 1024).fill(turn)
console.log(process.argv.slice(2).join())
process.exitCode = 7`
)

describe('pool-advisor -- program', { timeout: 240_000 }, () => {
  it('runs the program as it is, with its output and exit code, and says where it makes its Buffers', async () => {
    const outputs = ['--json', 'advice.json', '--profile', 'profile.json', '--dhat', 'dhat.json']
    const { code, stdout, stderr } = await runCommand(built, folder.path, ...outputs, '--', 'node', 'makes.cjs', '--json', 'own')
    expect({ code, stdout }).toEqual({ code: 7, stdout: '--json,own\n' })
    // What it would save depends on the machine.
    expect(stderr).toMatch(/^makes\.cjs:1 .* Buffer\.allocUnsafeSlow /m)
    const { sites } = JSON.parse(readFileSync(file('advice.json'), 'utf8'))
    expect(sites[0]).toMatchObject({ place: 'makes.cjs:1', maker: 'Buffer.allocUnsafeSlow' })
    expect(JSON.parse(readFileSync(file('dhat.json'), 'utf8')).cmd).toBe('node makes.cjs --json own')
    const again = await callCommand(folder.path, 'read', 'profile.json')
    expect(again.stderr).toMatch(/^makes\.cjs:1 /m)
  })

  it('observes the process that makes the most Buffers where a program starts others', async () => {
    writeFileSync(file('starts.cjs'), "require('node:child_process').spawnSync(process.execPath, ['makes.cjs'], { stdio: 'inherit' })")
    const { code, stderr } = await runCommand(built, folder.path, '--', 'node', 'starts.cjs')
    expect(code).toBe(0)
    expect(stderr).toContain('2 processes wrote a profile')
    expect(stderr).toMatch(/^makes\.cjs:1 /m)
  })

  it('says how a signal ended the program', async () => {
    writeFileSync(file('ends.cjs'), "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)")
    const { code, stderr } = await runCommand(built, folder.path, '--', 'node', 'ends.cjs')
    expect(code).toBe(143)
    expect(stderr).toContain('The program was ended by SIGTERM.')
    expect(stderr).toContain('made where the advisor can not look')
  })

  it('says that a report can not be written before it runs the program', async () => {
    const { code, stderr } = await callCommand(
      folder.path,
      '--report',
      'absent/advice.html',
      '--',
      'node',
      '-e',
      'require("fs").writeFileSync("ran", "")'
    )
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('ENOENT') })
    expect(existsSync(file('ran'))).toBe(false)
  })

  it('says what is wrong with a program that is not there, or is not Node.js, and with seconds that are none', async () => {
    const absent = await callCommand(folder.path, '--', 'no-such-program')
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOENT') })
    const other = await callCommand(folder.path, '--', 'true')
    expect(other).toMatchObject({ code: 0, stderr: expect.stringContaining('No profile was written: true started no Node.js') })
    const seconds = await callCommand(folder.path, '--seconds', 'ten', '--', 'node')
    expect(seconds).toMatchObject({ code: 2, stderr: expect.stringContaining('--seconds must be a number in 0.1..86400.') })
  })
})
