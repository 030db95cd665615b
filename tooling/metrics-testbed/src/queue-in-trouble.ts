import type { FiguresSource } from '@pool/core/interfaces'
import { announceFigures } from '@pool/core/kit'
import { MemoryQueue } from '@pool/queue'

/**
 * A queue with the families of a real one, and with figures that no real one has within seconds: a message that is old, adds that wait, and dead
 * letters that become more at each scrape.
 */
export function announceQueueInTrouble(): void {
  const { families } = new MemoryQueue({ queue: 'scans' })
  let scrapes = 0
  const source: FiguresSource = {
    name: 'scans in trouble',
    kind: 'queue',
    families,
    figures() {
      scrapes++
      const figureOf: Record<string, number> = { oldest_message_age: 900, adds_waiting: 3, messages_buried: scrapes, dead_letters: scrapes }
      return families.map(({ name, type }) => ({ family: name, value: figureOf[name] ?? (type === 'counter' ? 10 * scrapes : 5) }))
    }
  }
  // The directory holds sources weakly.
  held.push(source)
  announceFigures(source)
}

const held: FiguresSource[] = []
