const expected = new Set<string>()
const printers = process.listeners('warning')
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (!expected.has((warning as NodeJS.ErrnoException).code ?? warning.name)) for (const print of printers) print(warning)
})

/** Names the codes of warnings that the tests of this file provoke on purpose: they are not printed, and all others are. */
export function expectWarnings(...codes: readonly string[]): void {
  for (const code of codes) expected.add(code)
}
