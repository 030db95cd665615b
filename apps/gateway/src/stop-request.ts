/** What the primary of a cluster tells its workers. */
export const STOP_MESSAGE = 'stop'

/**
 * Waits until somebody asks this process to stop: SIGTERM, SIGINT, or the primary of its cluster. Later requests change
 * nothing; terminals and package managers often send several.
 * @returns what asked
 */
export function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
    process.on('message', (message) => {
      if (message === STOP_MESSAGE) resolve('the primary')
    })
  })
}
