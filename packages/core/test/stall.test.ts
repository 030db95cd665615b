import { describe, expect, it } from 'vitest'
import { Stall } from '../src/kit/waiting/stall.js'

describe('Stall', () => {
  it('is 0 before the first refusal', () => {
    expect(new Stall().ms(1000, 0, 0, 0)).toBe(0)
  })

  it('counts from the first of several refusals with nothing served between them', () => {
    const stall = new Stall()
    stall.refused(100, 5, 2, 0)
    stall.refused(200, 5, 2, 0)
    expect(stall.ms(300, 5, 2, 0)).toBe(200)
  })

  it('ends when an acquire is served, and begins anew with the next refusal', () => {
    const stall = new Stall()
    stall.refused(100, 5, 2, 0)
    expect(stall.ms(300, 6, 2, 0)).toBe(0)
    stall.refused(400, 6, 2, 0)
    expect(stall.ms(500, 6, 2, 0)).toBe(100)
  })

  it('ends with a release where no acquire waits, and goes on where one does', () => {
    const stall = new Stall()
    stall.refused(100, 5, 2, 0)
    expect(stall.ms(300, 5, 1, 0)).toBe(0)
    expect(stall.ms(300, 5, 1, 1)).toBe(200)
  })

  it('does not begin anew with a further wait while another acquire waits', () => {
    const stall = new Stall()
    stall.refused(100, 5, 2, 0)
    stall.refused(200, 5, 1, 1)
    expect(stall.ms(300, 5, 1, 2)).toBe(200)
  })

  it('begins anew with a refusal after a release when no acquire waits', () => {
    const stall = new Stall()
    stall.refused(100, 5, 2, 0)
    stall.refused(3_600_000, 5, 1, 0)
    expect(stall.ms(3_600_100, 5, 1, 0)).toBe(100)
  })
})
