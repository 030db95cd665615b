// Counts every buffer and its place, at the price of a stack for each: what the advisor's estimates are held against.
const { IncomingMessage } = require('node:http')
const { Socket } = require('node:net')
const { Readable } = require('node:stream')
const { writeFileSync } = require('node:fs')

const counts = new Map()
let within = false

function count(maker, bytes) {
  if (bytes === 0) return
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 60
  const lines = new Error().stack.split('\n').slice(1)
  Error.stackTraceLimit = stackTraceLimit
  const place = lines
    .map((line) => /\(?((?:\/|file:|node:|[A-Z]:\\).*):(\d+):(\d+)\)?$/.exec(line))
    .find((found) => {
      return found && !found[1].startsWith('node:') && !found[1].includes('.advisor-') && !found[1].endsWith('exact-count.cjs')
    })
  const frame = place && { script: place[1], line: Number(place[2]), column: Number(place[3]) }
  const key = JSON.stringify([maker, frame])
  const sum = counts.get(key) ?? { maker, frame, bytes: 0 }
  counts.set(key, { ...sum, bytes: sum.bytes + bytes })
}

for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat']) {
  const original = Buffer[name]
  Buffer[name] = (...parameters) => {
    if (within) return original(...parameters)
    within = true
    try {
      const made = original(...parameters)
      if (made.buffer !== parameters[0]) count(`Buffer.${name}`, made.length)
      return made
    } finally {
      within = false
    }
  }
}
const { push } = Readable.prototype
Readable.prototype.push = function (chunk, encoding) {
  if ((this instanceof Socket || this instanceof IncomingMessage) && chunk) count('Readable.push', chunk.length)
  return push.call(this, chunk, encoding)
}
process.on('exit', () => writeFileSync(process.env.EXACT_OUTPUT, JSON.stringify([...counts.values()])))
