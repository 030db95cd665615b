import { readFileSync } from 'node:fs'

/**
 * The most memory of this process that was resident at once, in MiB. Linux hands the peak of the process that started this one on in
 * `resourceUsage()`; a small child of a large bench would show its parent's. So the peak of this memory alone is read, where the system tells it.
 */
export function peakRssMiB(): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
    if (kibibytes !== undefined) return Number(kibibytes) / 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024
}
