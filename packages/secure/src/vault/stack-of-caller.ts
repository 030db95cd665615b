const framesShown = 8

/** Where the pool's caller stands, as text: frames that are not the pool's own. No argument of a call is in it. Costs some 8 µs. */
export function stackOfCaller(): string {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = framesShown + 8
  Error.captureStackTrace(holder, stackOfCaller)
  Error.stackTraceLimit = limit
  const frames = String(holder.stack).split('\n').slice(1)
  const outside = frames.filter((frame) => !fileOf(frame).startsWith(ownFolder))
  return (outside.length > 0 ? outside : frames).slice(0, framesShown).join('\n')
}

/** `    at run (/app/main.js:3:7)` and `    at /app/main.js:3:7`: /app/main.js */
function fileOf(frame: string): string {
  const bracket = frame.lastIndexOf('(')
  const start = bracket >= 0 ? bracket + 1 : frame.indexOf('at ') + 3
  return frame.slice(start).replace(/:\d+:\d+\)?$/, '')
}

const ownFolder = fileOf(new Error('').stack?.split('\n')[1] ?? '').replace(/[^/\\]*$/, '')
