/** The gateway in a process that collects its garbage when it is asked to. */
process.on('message', (message) => {
  if (message !== 'collect') return
  global.gc?.()
  process.send?.({ collected: true })
})
await import('../../src/main.js')
