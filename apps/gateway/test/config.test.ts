import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../src/config.js'

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('readConfig', () => {
  test('needs nothing to be set', () => {
    expect(readConfig({})).toMatchObject({ port: 3000, host: undefined, logLevel: 'info', workers: 1, pooling: 'pooled' })
  })

  test('reads what is set, and ignores what is none of its own', () => {
    const config = readConfig({ PORT: '8080', WORKERS: '4', POOLING: 'unpooled', HOME: '/root', BODY_LIMIT_BYTES: '10' })
    expect(config).toMatchObject({ port: 8080, workers: 4, pooling: 'unpooled', bodyLimitBytes: 10 })
  })

  test('takes an empty variable for one that is not set', () => {
    expect(readConfig({ PORT: '', LOG_LEVEL: '' })).toMatchObject({ port: 3000, logLevel: 'info' })
  })

  test.each([
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '1e3'],
    ['PORT', '0x50'],
    ['PORT', ' 80'],
    ['PORT', '80.5'],
    ['WORKERS', '0'],
    ['WORKERS', '99999999999999999999'],
    ['LOG_LEVEL', 'loud'],
    ['POOLING', 'off'],
    ['ORIGINAL_REQUEST', 'yes'],
    ['POOL_MAX_BYTES', '1mb'],
    ['BODY_LIMIT_BYTES', '0'],
    ['HEADERS_TIMEOUT_MS', '0'],
    ['METRICS', 'statsd'],
    ['METRICS_PORT', '65536'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '1s'],
    ['DEMO_USER', 'yes'],
    ['FILES_POOL_MAX_BYTES', '131071']
  ])('refuses %s=%s, naming the variable and not repeating the value', (variable, value) => {
    const problems = problemsOf({ [variable]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${variable}: expected `))
    expect(problems[0]).not.toContain(`'${value}'`)
  })

  test('names every wrong variable at once', () => {
    expect(problemsOf({ PORT: 'x', WORKERS: 'y', LOG_LEVEL: 'z' }).map((problem) => problem.split(':')[0])).toEqual([
      'PORT',
      'LOG_LEVEL',
      'WORKERS'
    ])
  })

  test('refuses a body limit that the pool could never hold', () => {
    expect(problemsOf({ POOL_MAX_BYTES: '1024', BODY_LIMIT_BYTES: '1025' })[0]).toMatch(/^BODY_LIMIT_BYTES: .*1024/)
  })

  test('refuses a quarantine that could not hold the longest message, where there is one', () => {
    const tooSmall = { BODY_LIMIT_BYTES: '65536', QUEUE_POOL_MAX_BYTES: '98303' }
    expect(problemsOf({ ...tooSmall, QUEUE_URL: 'redis://localhost' })).toEqual([
      'QUEUE_POOL_MAX_BYTES: expected at least 98304, for a message of BODY_LIMIT_BYTES with its verdict'
    ])
    expect(problemsOf({ ...tooSmall, QUEUE_POOL_MAX_BYTES: '98304', QUEUE_URL: 'redis://localhost' })).toEqual([])
    expect(problemsOf(tooSmall)).toEqual([])
  })

  test('shows the pools to Prometheus, and lets nobody log in, unless told otherwise', () => {
    expect(readConfig({})).toMatchObject({ metrics: 'prometheus', usersFile: undefined, demoUser: 'off' })
    expect(readConfig({ METRICS: 'otlp', USERS_FILE: 'users.txt', DEMO_USER: 'on' })).toMatchObject({
      metrics: 'otlp',
      usersFile: 'users.txt',
      demoUser: 'on'
    })
  })

  test('refuses a port for metrics that the workers have, and only then', () => {
    expect(problemsOf({ PORT: '4000', METRICS_PORT: '4000', WORKERS: '2' })[0]).toMatch(/^METRICS_PORT: .*PORT/)
    expect(problemsOf({ PORT: '4000', METRICS_PORT: '4000' })).toEqual([])
    expect(problemsOf({ PORT: '4000', METRICS_PORT: '4000', WORKERS: '2', METRICS: 'none' })).toEqual([])
    expect(problemsOf({ PORT: '0', METRICS_PORT: '0', WORKERS: '2' })).toEqual([])
  })

  test('refuses more time for headers than for the whole request', () => {
    expect(problemsOf({ HEADERS_TIMEOUT_MS: '2000', REQUEST_TIMEOUT_MS: '1000' })[0]).toMatch(/^HEADERS_TIMEOUT_MS: .*1000/)
  })
})
