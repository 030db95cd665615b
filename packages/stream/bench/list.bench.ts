import { fileURLToPath } from 'node:url'
import { SizeClassPool } from '@pool/core'
import { PooledBufferList } from '@pool/stream'
import { BufferList } from 'bl'
import { type Comparison, interleave } from '../../../tooling/bench-kit/src/interleave.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)
const collecting = 'collect 1 MiB in pieces of 16 KiB'
const pieceBytes = 16_384
const pieceCount = 64

/** Collecting beside `Buffer.concat`, and each operation that `bl` has, beside `bl`. */
export async function list(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const name of Object.keys(works())) {
    progress(`list: ${name}`)
    const { floorNs, subjectNs, ratio } = await inSubprocess<Comparison>(self, [name, short ? '3' : '7'])
    const most = name.endsWith('Buffer.concat') ? 0.4 : 1
    rows.push([name, figure(floorNs), figure(subjectNs), ratio.toFixed(2), verdict(ratio, { most })])
  }
  progress('')
  return table(['list', 'peer ns', 'ours ns', 'ours × peer', 'bar'], rows)
}

/** The peer's work and ours, by name. Each call does it once. */
function works(): Record<string, [() => unknown, () => unknown]> {
  const pool = new SizeClassPool({ clear: 'never' })
  const pieces = Array.from({ length: pieceCount }, (_, index) => Buffer.alloc(pieceBytes, index + 1))
  const peer = new BufferList(pieces)
  const ours = new PooledBufferList({ pool })
  for (const piece of pieces) ours.append(piece)
  const small = Buffer.from('a small message of some forty bytes, say')
  const flat = Buffer.concat(pieces)
  const target = Buffer.alloc(flat.length)
  const needle = Buffer.from([20, 20, 21, 21])
  const middle = 33 * pieceBytes + 100
  const across = 34 * pieceBytes - 2
  const taken = (lease: { release(): void }) => lease.release()
  const churn = new BufferList()
  const pooledChurn = new PooledBufferList({ pool })
  return {
    [`${collecting}, push and Buffer.concat`]: [
      () => {
        const parts: Buffer[] = []
        for (const piece of pieces) parts.push(piece)
        return Buffer.concat(parts)
      },
      () => {
        const all = new PooledBufferList({ pool })
        for (const piece of pieces) all.write(piece)
        all.close()
      }
    ],
    [`${collecting}, bl and slice()`]: [
      () => {
        const all = new BufferList()
        for (const piece of pieces) all.append(piece)
        return all.slice()
      },
      () => {
        const all = new PooledBufferList({ pool })
        for (const piece of pieces) all.append(piece)
        all.contiguous().release()
        all.close()
      }
    ],
    'append 16 KiB, consume it': [
      () => churn.append(pieces[0] as Buffer).consume(pieceBytes),
      () => pooledChurn.append(pieces[0] as Buffer).consume(pieceBytes)
    ],
    'append 40 B 64 times, consume 20 B 128 times': [
      () => {
        for (let count = 0; count < 64; count++) churn.append(small)
        for (let count = 0; count < 128; count++) churn.consume(20)
      },
      () => {
        for (let count = 0; count < 64; count++) pooledChurn.append(small)
        for (let count = 0; count < 128; count++) pooledChurn.consume(20)
      }
    ],
    'append a string of 40 B, consume it': [
      () => churn.append('a small message of some forty bytes, say').consume(40),
      () => pooledChurn.append('a small message of some forty bytes, say').consume(40)
    ],
    'append a list of 64 segments': [
      () => new BufferList().append(peer),
      () => {
        const other = ours.shallowSlice()
        new PooledBufferList({ pool }).append(other).close()
      }
    ],
    get: [() => peer.get(middle), () => ours.get(middle)],
    readUInt32BE: [() => peer.readUInt32BE(middle), () => ours.readUInt32BE(middle)],
    'readUInt32BE across segments': [() => peer.readUInt32BE(across), () => ours.readUInt32BE(across)],
    readDoubleLE: [() => peer.readDoubleLE(middle), () => ours.readDoubleLE(middle)],
    'slice 100 B within a segment': [() => peer.slice(middle, middle + 100), () => taken(ours.slice(middle, middle + 100))],
    'slice 100 B across segments': [() => peer.slice(across, across + 100), () => taken(ours.slice(across, across + 100))],
    'slice 64 KiB across segments': [() => peer.slice(middle, middle + 65_536), () => taken(ours.slice(middle, middle + 65_536))],
    'shallowSlice 1 KiB': [() => peer.shallowSlice(middle, middle + 1024), () => ours.shallowSlice(middle, middle + 1024).close()],
    'shallowSlice of all': [() => peer.shallowSlice(), () => ours.shallowSlice().close()],
    'copy of all': [() => peer.copy(target), () => ours.copy(target)],
    'copy 100 B across segments': [() => peer.copy(target, 0, across, across + 100), () => ours.copy(target, 0, across, across + 100)],
    'indexOf a byte': [() => peer.indexOf(60), () => ours.indexOf(60)],
    'indexOf bytes across segments': [() => peer.indexOf(needle), () => ours.indexOf(needle)],
    'indexOf bytes that are not there': [() => peer.indexOf('not there'), () => ours.indexOf('not there')],
    'toString of 100 B across segments': [
      () => peer.toString('utf8', across, across + 100),
      () => ours.toString('utf8', across, across + 100)
    ],
    'toString of all, latin1': [() => peer.toString('latin1'), () => ours.toString('latin1')]
  }
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [name, rounds] = parameters as [string, string]
  const [peer, ours] = works()[name] as [() => unknown, () => unknown]
  const repeat = name.includes(' of all') || name.startsWith(collecting) || name.includes('64') || name.startsWith('indexOf') ? 1 : 200
  const times = (work: () => unknown) => () => {
    for (let count = 0; count < repeat; count++) work()
  }
  console.log(JSON.stringify(await interleave(times(peer), times(ours), repeat, Number(rounds))))
}
