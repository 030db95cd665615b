import * as client from 'prom-client'
import { expect, it } from 'vitest'
import * as parts from '../src/prom-client-parts.js'

it('has the same classes and the same global registry as the index of prom-client', () => {
  expect(parts.Counter).toBe(client.Counter)
  expect(parts.Gauge).toBe(client.Gauge)
  expect(parts.Histogram).toBe(client.Histogram)
  expect(parts.globalRegistry).toBe(client.register)
})
