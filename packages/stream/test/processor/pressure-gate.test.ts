import { SizeClassPool } from '@pool/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PressureGate } from '../../src/processor/pressure-gate.js'

const pool = new SizeClassPool({ name: 'gate-tests' })

function gateOf(settings: { readonly maxPauseMs?: number } = {}) {
  const figures = { utilization: 0, memoryPressure: 'normal' as 'normal' | 'critical', looks: 0, reopened: 0 }
  const stats = () => {
    figures.looks++
    return { ...pool.stats(), utilization: figures.utilization, memoryPressure: figures.memoryPressure }
  }
  const source = { name: 'figures', stats }
  const gate = new PressureGate(
    { source, pauseAt: 0.9, resumeAt: 0.7, checkMs: 100, maxPauseMs: 5000, ...settings },
    () => figures.reopened++
  )
  return { gate, figures }
}

describe('PressureGate', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('looks once in checkMs however much is written, and not at all when nothing is', () => {
    const { gate, figures } = gateOf()
    for (let count = 0; count < 50; count++) gate.look()
    expect(figures.looks).toBe(1)
    vi.advanceTimersByTime(1000)
    expect([figures.looks, vi.getTimerCount()]).toEqual([1, 0])
    gate.look()
    expect(figures.looks).toBe(2)
  })

  it('shuts at pauseAt, opens at resumeAt, and says so once', () => {
    const { gate, figures } = gateOf()
    figures.utilization = 0.9
    gate.look()
    expect(gate.isShut).toBe(true)
    figures.utilization = 0.75
    vi.advanceTimersByTime(300)
    expect([gate.isShut, figures.reopened]).toEqual([true, 0])
    figures.utilization = 0.69
    vi.advanceTimersByTime(100)
    expect([gate.isShut, figures.reopened]).toEqual([false, 1])
  })

  it('shuts while the process is critically short of memory', () => {
    const { gate, figures } = gateOf()
    figures.memoryPressure = 'critical'
    gate.look()
    expect(gate.isShut).toBe(true)
    figures.memoryPressure = 'normal'
    vi.advanceTimersByTime(100)
    expect(gate.isShut).toBe(false)
  })

  it('opens after maxPauseMs, and is not shut again before the next check', () => {
    const { gate, figures } = gateOf({ maxPauseMs: 300 })
    figures.utilization = 1
    gate.look()
    vi.advanceTimersByTime(299)
    expect(gate.isShut).toBe(true)
    vi.advanceTimersByTime(1)
    gate.look()
    expect([gate.isShut, figures.reopened]).toEqual([false, 1])
    vi.advanceTimersByTime(100)
    gate.look()
    expect(gate.isShut).toBe(true)
    gate.stop()
    expect([gate.isShut, vi.getTimerCount()]).toEqual([false, 0])
  })
})
