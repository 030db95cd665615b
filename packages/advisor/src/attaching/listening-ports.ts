import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const listening = '0A'

/** The TCP ports that a process of Linux listens on; undefined on other systems, and without the permission to read them. */
export function listeningPorts(pid: number): readonly number[] | undefined {
  try {
    const sockets = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((name) => socketOf(`/proc/${pid}/fd/${name}`)))
    return ['tcp', 'tcp6'].flatMap((family) =>
      readFileSync(`/proc/${pid}/net/${family}`, 'latin1')
        .split('\n')
        .flatMap((line) => {
          // number: local address:port, remote address:port, state, queues, timer, retransmissions, user, timeout, inode
          const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
          return state === listening && sockets.has(inode) ? [Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)] : []
        })
    )
  } catch {
    return undefined
  }
}

/** The inode of a descriptor that is a socket. One that was closed meanwhile is none. */
function socketOf(path: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.slice(1) ?? []
  } catch {
    return []
  }
}
