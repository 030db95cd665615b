import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { EventSet } from '../src/kit.js'

interface Events {
  fill: { readonly litres: number }
  drain: { readonly why: string }
}

const setOf = () => new EventSet<Events>('test:tub', ['fill', 'drain'])
const coded = (code: string) => expect.objectContaining({ code })

describe('an EventSet', () => {
  it('calls listeners and subscribers of an event, in order, and none of another', () => {
    const set = setOf()
    const heard: unknown[] = []
    const subscriber = (event: unknown) => void heard.push(['channel', event])
    subscribe('test:tub:fill', subscriber)
    set.on('fill', ({ litres }) => heard.push(litres))
    set.on('drain', ({ why }) => heard.push(why))
    set.lines.fill.emit({ litres: 3 })
    unsubscribe('test:tub:fill', subscriber)
    set.lines.fill.emit({ litres: 4 })
    expect(heard).toEqual([3, ['channel', { litres: 3 }], 4])
  })

  it('says whether an event would be heard', () => {
    const set = setOf()
    const listener = () => {}
    expect(set.lines.fill.heard).toBe(false)
    set.on('fill', listener)
    expect([set.lines.fill.heard, set.lines.drain.heard]).toEqual([true, false])
    set.off('fill', listener)
    expect(set.lines.fill.heard).toBe(false)
  })

  it('calls a listener of once at one event, and not at all after off', () => {
    const set = setOf()
    const heard: number[] = []
    const once = ({ litres }: Events['fill']) => void heard.push(litres)
    set.once('fill', once)
    set.lines.fill.emit({ litres: 1 })
    set.lines.fill.emit({ litres: 2 })
    set.once('fill', once)
    set.off('fill', once)
    set.lines.fill.emit({ litres: 3 })
    expect(heard).toEqual([1])
  })

  it('calls listeners in the async context of what caused the event', () => {
    const storage = new AsyncLocalStorage<string>()
    const set = setOf()
    const heard: unknown[] = []
    set.on('fill', () => heard.push(storage.getStore()))
    storage.run('request', () => set.lines.fill.emit({ litres: 1 }))
    expect(heard).toEqual(['request'])
  })

  it('refuses an event that it does not have, and a listener that is not a function', () => {
    const set = setOf()
    for (const event of ['overflow', 'constructor', '', 7]) {
      for (const method of ['on', 'once', 'off'] as const) {
        expect(() => set[method](event as never, () => {})).toThrow(coded('ERR_POOL_INVALID_OPTION'))
      }
    }
    expect(() => set.on('fill', undefined as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    expect(() => set.once('fill', {} as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    expect(set.lines.fill.heard).toBe(false)
  })
})
