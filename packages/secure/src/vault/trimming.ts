import type { Vault } from './vault.js'

/**
 * Gives up, every `intervalMs`, half of what has lain idle since the last time. Keeps neither the process alive nor a pool that nobody
 * else holds.
 * @returns what ends it
 */
export function startTrimming(vault: Vault, intervalMs: number): () => void {
  if (intervalMs === 0) return () => {}
  const reference = new WeakRef(vault)
  const timer = setInterval(() => {
    const pool = reference.deref()
    if (pool === undefined) clearInterval(timer)
    else pool.store.trim(({ low }) => Math.ceil(low / 2))
  }, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}
