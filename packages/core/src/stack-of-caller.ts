const framesKept = 12
const framesShown = 8

/**
 * The stack of the caller, as text. Text at once, since a stack that is not formatted keeps the callers' objects alive, and so
 * might hide the very leak that it is to explain. Costs some 8 µs.
 */
export function stackOfCaller(): string {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = framesKept
  Error.captureStackTrace(holder, stackOfCaller)
  Error.stackTraceLimit = limit
  return String(holder.stack)
}

/** Where the pool's caller stands: what {@link stackOfCaller} gave, without the pool's own frames where they can be told. */
export function placeIn(stack: string | undefined): string | undefined {
  if (stack === undefined) return undefined
  const frames = stack.split('\n').slice(1)
  const outside = isBundled ? [] : frames.filter((frame) => !fileOf(frame).startsWith(ownFolder))
  return (outside.length > 0 ? outside.slice(0, framesShown) : frames).join('\n')
}

/** `    at run (/app/main.js:3:7)` and `    at /app/main.js:3:7`: /app/main.js */
function fileOf(frame: string): string {
  const bracket = frame.lastIndexOf('(')
  const start = bracket >= 0 ? bracket + 1 : frame.indexOf('at ') + 3
  return frame.slice(start).replace(/:\d+:\d+\)?$/, '')
}

const ownFolder = fileOf(new Error('').stack?.split('\n')[1] ?? '').replace(/[^/\\]*$/, '')
/** Whether a bundler has laid this package in one file or folder with its callers, where no frame can be told from theirs. */
const isBundled = !/[/\\](?:@pool|packages)[/\\]core[/\\](?:dist|src)[/\\]$/.test(ownFolder)
