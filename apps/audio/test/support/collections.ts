import type { Browser, Page } from 'playwright'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly args?: { readonly name?: string }
}

/** Garbage collections during `work`, by the name of the thread that they stopped. */
export async function collectionsDuring(browser: Browser, page: Page, work: () => Promise<void>): Promise<Map<string, number>> {
  await browser.startTracing(page, { categories: ['v8', 'devtools.timeline', 'disabled-by-default-v8.gc', '__metadata'] })
  await work()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  const names = new Map<string, string>()
  for (const { name, pid, tid, args } of traceEvents) if (name === 'thread_name') names.set(`${pid} ${tid}`, args?.name ?? '')
  const counts = new Map([...names.values()].map((name) => [name, 0]))
  for (const { name, ph, pid, tid } of traceEvents) {
    if ((name !== 'MinorGC' && name !== 'MajorGC') || ph === 'E') continue
    const thread = names.get(`${pid} ${tid}`) ?? 'unnamed'
    counts.set(thread, (counts.get(thread) ?? 0) + 1)
  }
  return counts
}

/** Those of the audio thread; undefined when the trace does not know it. */
export function onAudioThread(collections: ReadonlyMap<string, number>): number | undefined {
  for (const [thread, count] of collections) if (thread.includes('AudioWorklet')) return count
  return undefined
}
