import { PerformanceObserver } from 'node:perf_hooks'
import { SizeClassPool } from '@pool/core'

/** The options of the pool that the advisor named, where the program is to be built with one. */
const plan = process.env.PROGRAM_POOL === undefined ? undefined : JSON.parse(process.env.PROGRAM_POOL)

/** The pool, where there is to be one. */
export const pool = plan && new SizeClassPool({ name: 'advised', clear: 'never', ...plan })

let collectorMs = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collectorMs += duration
}).observe({ entryTypes: ['gc'] })

/** The observation, where the bench has this process observed and left alone in turn. */
let observation

/** Listens, and says where. */
export function served(server) {
  server.listen(0, '127.0.0.1', () => ready(server.address().port))
}

/** Says where the program listens, and from then on what it has spent, whenever it is asked. */
export function ready(port) {
  process.on('message', async (message) => {
    if (message === 'end') process.exit(0)
    if (message === 'observe') observation = (await import('@pool/advisor')).startAdvisor()
    if (message === 'rest') observation.stop()
    const { userCPUTime, systemCPUTime, minorPageFault } = process.resourceUsage()
    process.send({ cpuUs: userCPUTime + systemCPUTime, faults: minorPageFault, collectorMs })
  })
  // A bench that was stopped leaves nothing behind.
  process.on('disconnect', () => process.exit(0))
  process.send({ port })
}

// A service keeps some ten MiB of objects. In a process of next to none the collector runs, and the allocator reuses, as in no service.
export const kept = Array.from({ length: 300_000 }, (_, index) => ({ index, name: `object ${index}` }))
