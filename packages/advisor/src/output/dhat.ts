import type { Frame, Profile, Site } from '../profile.js'

/** A place in a {@link DhatProfile}, by the names of the format. */
export interface DhatPoint {
  /** Total bytes. */
  readonly tb: number
  /** Total blocks. */
  readonly tbk: number
  /** Frames, as indices into `ftbl`, the innermost first. */
  readonly fs: readonly number[]
}

/** A file for `dh_view.html`, the viewer that comes with Valgrind. The names are those of DHAT's format, version 2. */
export interface DhatProfile {
  /** The version of the format. */
  readonly dhatFileVersion: 2
  /** How it was made: any text. */
  readonly mode: string
  /** The heading of a stack: "Allocated at". */
  readonly verb: string
  /** Whether the lifetimes of blocks are recorded. */
  readonly bklt: false
  /** Whether accesses to blocks are recorded. */
  readonly bkacc: false
  /** Unit of time. */
  readonly tu: string
  /** A million of them. */
  readonly Mtu: string
  /** The command. */
  readonly cmd: string
  /** The process. */
  readonly pid: number
  /** When it ended. */
  readonly te: number
  /** The places. */
  readonly pps: readonly DhatPoint[]
  /** The frames; the first is the root. */
  readonly ftbl: readonly string[]
}

/**
 * A profile for DHAT's viewer: bytes and blocks of each place. Lifetimes and peaks are left out, since a sample of few buffers can't fill them: the
 * viewer would show guesses as counts.
 * @param command - the command line that is shown; default: Node's version
 */
export function toDhat(profile: Profile, command: string = `node ${profile.node}`): DhatProfile {
  const frames = new Map([['[root]', 0]])
  const indexOf = (text: string): number => {
    const index = frames.get(text) ?? frames.size
    frames.set(text, index)
    return index
  }
  const points = new Map<string, DhatPoint>()
  for (const site of profile.sites) {
    const fs = [site.maker, ...stackOf(site)].map(indexOf)
    const key = fs.join()
    const { tb, tbk } = points.get(key) ?? { tb: 0, tbk: 0 }
    // The viewer takes each stack once.
    points.set(key, { tb: tb + Math.round(site.bytes), tbk: tbk + Math.max(1, Math.round(site.count)), fs })
  }
  return {
    dhatFileVersion: 2,
    mode: 'sampled',
    verb: 'Allocated',
    bklt: false,
    bkacc: false,
    tu: 'µs',
    Mtu: 's',
    cmd: command,
    pid: profile.pid,
    te: Math.round(profile.durationMs * 1000),
    pps: [...points.values()],
    ftbl: [...frames.keys()]
  }
}

function stackOf({ frames, place }: Site): string[] {
  return frames.length === 0 ? [place] : frames.map(frameText)
}

/** `onEnd (node_modules/raw-body/index.js:286:20)`. */
export function frameText({ function: name, file, line, column }: Frame): string {
  return `${name === '' ? '(anonymous)' : name} (${file}:${line}:${column})`
}
