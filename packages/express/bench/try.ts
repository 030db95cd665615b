import { fork } from 'node:child_process'
import { once } from 'node:events'
import autocannon from 'autocannon'

const [sizes, conns, budgets, setsN] = [
  process.argv[2]!.split(',').map(Number),
  process.argv[3]!.split(',').map(Number),
  process.argv[4]!.split(','),
  Number(process.argv[5] ?? 2)
]
const subjects = ['discard', 'express.raw()', ...budgets.map((b) => `pooledBody@${b}`)]
for (const connections of conns)
  for (const size of sizes) {
    const body = Buffer.alloc(size * 1024, 'x')
    const amount = Math.max(connections * 2, Math.round(150_000 / (100 + size * 1.5)))
    const costs: number[][] = subjects.map(() => [])
    for (let set = 0; set < setsN; set++) {
      const servers = await Promise.all(
        subjects.map(async (s) => {
          const child = fork(new URL('body-server.ts', import.meta.url).pathname, [s, String(1048576), String(512 * 1048576)], {
            env: { ...process.env, BACKLOG_MIB: s.split('@')[1] ?? '0' }
          })
          const [port] = await once(child, 'message')
          return { child, port }
        })
      )
      const cpu = async (c: any) => {
        const a = once(c, 'message')
        c.send('read')
        return (await a)[0].cpuMicros
      }
      for (let round = -2; round < 8; round++)
        for (let t = 0; t < servers.length; t++) {
          const at = (t + round + servers.length) % servers.length
          const s = servers[at]!
          const before = await cpu(s.child)
          await autocannon({
            url: `http://127.0.0.1:${s.port}/`,
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body,
            connections,
            amount,
            timeout: 60,
            sampleInt: 20
          })
          if (round >= 0) costs[at]!.push(((await cpu(s.child)) - before) / amount)
        }
      for (const s of servers) s.child.disconnect()
    }
    const q = costs.map((c) => c.sort((a, b) => a - b)[Math.floor((c.length - 1) / 4)]!)
    console.log(
      connections,
      size,
      subjects
        .map((s, i) => `${s} ${q[i]!.toFixed(0)}${i > 1 ? ` (${Math.round((100 * (q[1]! - q[i]!)) / (q[1]! - q[0]!))}%)` : ''}`)
        .join(' | ')
    )
  }
