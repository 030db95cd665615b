import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { compileSubjects, removeSubjects } from './plain-node.js'
import { framedMessages, httpBodies, idleConnections, otherAllocators, relays, replies, sinks, stuckPeers } from './sockets.bench.js'

const short = process.argv.includes('--short')
const sections = { sinks, otherAllocators, relays, framedMessages, replies, idleConnections, stuckPeers, httpBodies }
const wanted = process.argv.slice(2).filter((argument) => argument in sections)
console.log(`@pool/net, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
compileSubjects()
try {
  for (const [name, section] of Object.entries(sections)) {
    if (wanted.length === 0 || wanted.includes(name)) console.log(`${await section(short)}\n`)
  }
} finally {
  removeSubjects()
}
