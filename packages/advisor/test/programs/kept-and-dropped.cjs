// Drops one Buffer and keeps another in each turn, and collects now and then.
const kept = []
let turn = 0
const timer = setInterval(() => {
  for (let number = 0; number < 10; number++) Buffer.alloc(64 * 1024)
  for (let number = 0; number < 10; number++) kept.push(Buffer.allocUnsafeSlow(64 * 1024))
  turn++
  if (turn % 10 === 0) globalThis.gc()
  if (turn === 60) clearInterval(timer)
}, 2)
