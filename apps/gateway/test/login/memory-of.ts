import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'

const WINDOW_BYTES = 1 << 20

/** Why the memory of another process can't be looked at here, or nothing. */
export const noScan: string | undefined = existsSync('/proc/self/mem') ? undefined : 'there is no /proc to look at memory through'

/** How many times `needle` stands in the memory that a process can write to. */
export function countInMemory(pid: number, needle: Uint8Array): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const window = Buffer.alloc(WINDOW_BYTES)
  let count = 0
  for (const [, from = '', to = ''] of readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw.p/gm)) {
    const end = Number.parseInt(to, 16)
    // Windows overlap by all but one byte of the needle, so that none is missed or counted twice.
    for (let at = Number.parseInt(from, 16); at < end; at += WINDOW_BYTES - needle.length + 1) {
      const seen = window.subarray(0, readQuietly(memory, window, Math.min(WINDOW_BYTES, end - at), at))
      for (let hit = seen.indexOf(needle); hit >= 0; hit = seen.indexOf(needle, hit + 1)) count += 1
    }
  }
  closeSync(memory)
  return count
}

function readQuietly(memory: number, window: Buffer, bytes: number, at: number): number {
  try {
    return readSync(memory, window, 0, bytes, at)
  } catch {
    // Pages that were never touched, or went away meanwhile.
    return 0
  }
}
