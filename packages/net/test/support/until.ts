import { setTimeout } from 'node:timers/promises'

/** Waits until `condition` holds; the test's own timeout ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(1)
}
