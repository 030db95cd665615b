import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageTable } from '../../src/fragments/message-table.js'

const entry = (source: unknown, id: number) => ({
  source,
  header: { messageId: BigInt(id), totalBytes: 1, pieceBytes: 1, index: 0, checksum: 0 }
})

describe('MessageTable', () => {
  it('finds by source and id, and knows the oldest, whatever was taken out', () => {
    const step = fc.tuple(fc.constantFrom('add', 'delete', 'oldest'), fc.constantFrom('a', 'b', undefined), fc.nat(5))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new MessageTable<ReturnType<typeof entry>>()
        let model: ReturnType<typeof entry>[] = []
        for (const [what, source, id] of steps) {
          const known = model.find((one) => one.source === source && one.header.messageId === BigInt(id))
          expect(table.get(source, BigInt(id))).toBe(known)
          if (what === 'add' && known === undefined) {
            const made = entry(source, id)
            model.push(made)
            table.add(made)
          }
          const gone = what === 'oldest' ? model[0] : known
          if (what !== 'add' && gone !== undefined) {
            model = model.filter((one) => one !== gone)
            table.delete(gone)
          }
          expect(table.size).toBe(model.length)
          expect(table.oldest).toBe(model[0])
          for (const one of ['a', 'b', undefined])
            expect(new Set(table.of(one))).toEqual(new Set(model.filter((own) => own.source === one)))
        }
      })
    )
  })

  it('does nothing when what is to go is not there', () => {
    const table = new MessageTable<ReturnType<typeof entry>>()
    table.add(entry('a', 1))
    table.delete(entry('a', 2))
    table.delete(entry('b', 1))
    expect(table.size).toBe(1)
  })
})
