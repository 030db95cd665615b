/** Channels of the pool: from the worker to the audio thread, and from there to the scope. */
export const channel = { toAudio: 0, toScope: 1 } as const

/** Messages that wait in a channel at most: the sound that is ahead, 171 ms at 48 kHz. */
export const blocksAhead = 64
