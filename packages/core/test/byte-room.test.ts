import { describe, expect, it } from 'vitest'
import { ByteRoom } from '../src/kit.js'

describe('ByteRoom', () => {
  it('takes what there is room for, and nothing more', () => {
    const room = new ByteRoom(10)
    expect([room.take(11), room.take(6), room.take(5), room.take(4), room.take(1)]).toEqual([false, true, false, true, false])
    room.giveBack(6)
    expect([room.take(7), room.take(6)]).toEqual([false, true])
  })
})
