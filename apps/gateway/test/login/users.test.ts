import { expect, test } from 'vitest'
import { ConfigError } from '../../src/config.js'
import { readUsers } from '../../src/login/users.js'
import { UsersFile, userLine } from './users-under-test.js'

function problemOf(...lines: string[]): string {
  const file = new UsersFile(...lines)
  try {
    readUsers({ usersFile: file.path, demoUser: 'off' })
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join()
    throw error
  } finally {
    file.remove()
  }
  return ''
}

test('nobody may log in unless a file or the demo user says so', () => {
  expect(readUsers({ usersFile: undefined, demoUser: 'off' }).size).toBe(0)
  expect([...readUsers({ usersFile: undefined, demoUser: 'on' }).keys()]).toEqual(['demo'])
})

test('reads a user of each line, but for empty lines and remarks', async () => {
  const file = new UsersFile('# those of us', await userLine('ada', 'one'), '', `${await userLine('grace hopper', 'two')}\r`)
  expect([...readUsers({ usersFile: file.path, demoUser: 'on' }).keys()]).toEqual(['demo', 'ada', 'grace hopper'])
  file.remove()
})

test('names the line that is none, and repeats nothing of it', async () => {
  const ada = await userLine('ada', 'one')
  for (const line of ['ada', 'ada:correct horse', ada.replace('ada', ''), `${'a'.repeat(65)}${ada.slice(3)}`]) {
    expect(problemOf('# remark', line)).toMatch(/^USERS_FILE: expected .* line 2$/)
    expect(problemOf('# remark', line)).not.toContain('horse')
  }
  expect(problemOf(ada, '', ada)).toMatch(/ line 3$/)
})

test('says that a file can’t be read, and why', () => {
  expect(() => readUsers({ usersFile: '/nowhere/users.txt', demoUser: 'off' })).toThrow(/USERS_FILE: .*ENOENT/)
})
