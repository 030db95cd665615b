import { describe, expect, it } from 'vitest'
import { AddLine } from '../../../src/queue/adding/add-line.js'

const never = new AbortController().signal

/** Enters, and notes when. */
function entering(line: AddLine, bytes: number, entered: number[], signal = never): Promise<void> {
  return line.enter(bytes, signal).then(() => void entered.push(bytes))
}

describe('a line of adds', () => {
  it('lets in what fits, and the others in their order', async () => {
    const line = new AddLine(10_000)
    const entered: number[] = []
    expect(line.tryEnter(6000)).toBe(true)
    expect(line.tryEnter(6000)).toBe(false)
    const waits = [entering(line, 6000, entered), entering(line, 100, entered)]
    // A small one that would fit does not pass.
    expect(line.tryEnter(100)).toBe(false)
    expect([line.waiting, line.waitingBytes]).toEqual([2, 6100])
    line.leave(6000)
    await Promise.all(waits)
    expect(entered).toEqual([6000, 100])
    expect([line.waiting, line.waitingBytes]).toEqual([0, 0])
  })

  it('lets one that is larger than the bound go alone', async () => {
    const line = new AddLine(1000)
    expect(line.tryEnter(5000)).toBe(true)
    const entered: number[] = []
    const wait = entering(line, 7000, entered)
    expect(entered).toEqual([])
    line.leave(5000)
    await wait
    expect(line.tryEnter(1)).toBe(false)
  })

  it('bounds adds of no bytes, too', () => {
    const line = new AddLine(10_000)
    let count = 0
    while (count < 1000 && line.tryEnter(0)) count++
    expect(count).toBeLessThan(100)
  })

  it('lets the next in when the one before it is called off', async () => {
    const line = new AddLine(10_000)
    line.tryEnter(6000)
    const controller = new AbortController()
    const large = line.enter(9000, controller.signal)
    const entered: number[] = []
    const small = entering(line, 1000, entered)
    controller.abort('enough')
    await expect(large).rejects.toBe('enough')
    await small
    await expect(line.enter(1, AbortSignal.abort('early'))).rejects.toBe('early')
    expect([line.waiting, line.waitingBytes]).toEqual([0, 0])
  })
})
