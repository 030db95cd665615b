import { PoolError } from '@pool/core/kit/universal'

/*
 * Every word is a signed 32-bit integer below 2^30: Chromium's small integers have 31 bits, and a larger one would be an object.
 *
 *   header    128 B   magic │ version │ blocks │ bytes of a block │ threads │ … │ next tag │ the row of a thread that has none, all zero
 *   wants     128 B   a thread found no block │ count of returns that were asked for
 *   threads   128 B each   state │ counters, each with one writer
 *   rows      128 B each   owner │ count │ 16 block indices        (64 B with 14 indices or fewer)
 *   channels  256 B each + 4 B for each place   tail · head · writer, reader │ places
 *   words     4 B per block   epoch │ idle, 1 bit │ holder, 8 bits        the epoch begins where a handle's does
 *   traces    1 KiB per block, in debug mode alone
 *   data      blocks, from a multiple of 128 bytes on
 */

/** First word of a pool's memory. */
export const magic = 0x2d_50_4f_4c
/** Version of the layout; threads with another one are refused. */
export const layoutVersion = 3

/** Words of the header. */
export const headerWord = {
  magic: 0,
  version: 1,
  blocks: 2,
  blockBytes: 3,
  threads: 4,
  channels: 5,
  channelPlaces: 6,
  rowBlocks: 7,
  nextTag: 8,
  rings: 9,
  isTraced: 10
} as const

/** Set by a thread that found no block; the next release answers by giving its rows up. */
export const wantedWord = 32
/** Counts answers; threads that wait for a block sleep on it. */
export const answersWord = 33

const firstThread = 64
/** Words of a thread's record. */
export const threadStride = 32
/** Words of a thread's record, from its first: each but the state has one writer, the thread itself. */
export const threadWord = {
  /** 0: the seat is free; else key × 256 + the seat of the thread that reaps it, 0 while none does. */
  state: 0,
  acquired: 1,
  /** Times that `acquired` went past 2³⁰. */
  acquiredLaps: 2,
  /** The most blocks that the thread held at once. */
  peakOut: 3,
  /** Rows claimed because the hand was empty. */
  refills: 5,
  /** Acquires that found no block. */
  exhaustions: 6,
  sent: 7,
  received: 8,
  refused: 9,
  /** The tag of the token that the seat was taken with; 0 before it is written. */
  tag: 10,
  /** 1 once the thread holds the Web Lock of its token. */
  locked: 11,
  /** Channels that the thread has received from, 30 in a word. */
  reads: 16
} as const

/** Words of a row, from its first. */
export const rowCount = 1
/** The first index of a row. */
export const rowSlots = 2

/** A row that no thread owns and that has no block. */
export const rowEmpty = 0
/** A row that no thread owns and that has blocks. */
export const rowStocked = 255

/** Words of a channel, from its first; tail and head lie 128 bytes apart, since they have different writers. */
export const channelTail = 0
/** Position of the next message to be received. */
export const channelHead = 32
/** First word of a channel's places, counted from its record. */
export const channelPlacesAt = 64

/** Mask of the holder in a block's word: 0 for a block that lies in a row, a seat, or one of the codes below. */
export const holderMask = 255
/** Beside a seat: the block lies in that thread's hand, where it can take it. */
export const idle = 256
/** In flight on channel 0; 129 on channel 1, and so on. */
export const inFlight = 128
/** Where blocks travel: in another thread. */
export const elsewhere = 254
/** Withdrawn: its poison was damaged while it was free. */
export const withdrawn = 255

/** 16-bit units of a block's trace. */
export const traceUnits = 512

/** The most threads, since a seat has seven bits and codes above are taken. */
export const maxThreads = 120
/** The most channels. */
export const maxChannels = 120
/** The most blocks: their index has 20 bits in a channel's place. */
export const maxBlocks = 2 ** 20
/** Counters and positions stay below it. */
export const wordMask = 2 ** 30 - 1

/** The epoch after that of a block's word, where the word has it: from `step` on, below 2³⁰. */
export function nextEpoch(word: number, step: number): number {
  const epoch = word & -step
  return epoch === (wordMask & -step) ? step : epoch + step
}

/** The handle of the same block at the next epoch. */
export function nextHandle(handle: number, step: number): number {
  const next = handle + step
  return next > wordMask ? (next & (step - 1)) | step : next
}

/** The sizes that a layout is computed from. */
export interface Sizes {
  readonly blocks: number
  readonly blockBytes: number
  readonly threads: number
  /** How many channels, rings among them. */
  readonly channels: number
  /** How many of them are rings: the last ones. */
  readonly rings: number
  /** Messages of each channel, a power of two. */
  readonly channelPlaces: number
  /** 1 in debug mode, where blocks have traces; else 0. */
  readonly isTraced: number
}

/** Where everything lies: words counted from the pool's first, bytes as well. */
export interface Layout extends Sizes {
  /** Blocks that a row holds. */
  readonly rowBlocks: number
  readonly rowStride: number
  readonly firstRow: number
  /** Behind the last row. */
  readonly endOfRows: number
  readonly firstChannel: number
  readonly channelStride: number
  readonly firstBlockWord: number
  readonly firstTrace: number
  /** Bits of a block's index in a handle, and of all below the epoch in a block's word. */
  readonly indexBits: number
  /** From one epoch to the next in handles and blocks' words: 2 to the power of `indexBits`. Its negative is the epoch's mask. */
  readonly epochStep: number
  /** Words of all records. */
  readonly words: number
  /** Bytes from the pool's first to the first block's first. */
  readonly dataOffset: number
  /** From one block to the next: a multiple of 64. */
  readonly blockStride: number
  /** Bytes in all. */
  readonly bytes: number
}

/** Computes the layout: the same in each thread. */
export function layoutOf(sizes: Sizes): Layout {
  const { blocks, blockBytes, threads, channels, channelPlaces, isTraced } = sizes
  // A thread has as many at hand as two rows hold. All threads together keep a quarter of the blocks, unless that would leave nothing to a row.
  const rowBlocks = Math.min(16, Math.max(2, Math.floor(blocks / (8 * threads))))
  const rowStride = rowBlocks <= 14 ? 16 : 32
  const firstRow = firstThread + threads * threadStride
  // So many that an empty one is found at the first look, though threads gave up some that are not full.
  const endOfRows = firstRow + (Math.ceil(blocks / rowBlocks) + 3 * threads) * rowStride
  const channelStride = channelPlacesAt + roundUp(channelPlaces, 32)
  const firstBlockWord = endOfRows + channels * channelStride
  const firstTrace = firstBlockWord + blocks
  const words = firstTrace + (isTraced * blocks * traceUnits) / 2
  const dataOffset = roundUp(words * 4, 128)
  const blockStride = roundUp(blockBytes, 64)
  const indexBits = Math.max(9, Math.ceil(Math.log2(blocks)))
  return {
    ...sizes,
    rowBlocks,
    rowStride,
    firstRow,
    endOfRows,
    firstChannel: endOfRows,
    channelStride,
    firstBlockWord,
    firstTrace,
    indexBits,
    epochStep: 2 ** indexBits,
    words,
    dataOffset,
    blockStride,
    bytes: dataOffset + blocks * blockStride
  }
}

/** The first word of a thread's record; seats count from 1. */
export function threadRecord(seat: number): number {
  return firstThread + (seat - 1) * threadStride
}

/** Writes the header, fills the rows with the first `stocked` blocks, and gives each block's word its first epoch. The magic comes last. */
export function format(words: Int32Array, layout: Layout, stocked = layout.blocks): void {
  words.fill(0)
  const { blocks, rowBlocks, firstRow, rowStride, firstBlockWord, indexBits } = layout
  for (let index = 0, row = firstRow; index < stocked; row += rowStride) {
    let count = 0
    while (count < rowBlocks && index < stocked) words[row + rowSlots + count++] = index++
    words[row + rowCount] = count
    words[row] = rowStocked
  }
  // Handles of another pool, or of one that lay here before, begin at another epoch.
  const epoch = 1 + Math.floor(Math.random() * (2 ** (30 - indexBits) - 2))
  words.fill(epoch << indexBits, firstBlockWord, firstBlockWord + blocks)
  for (const name of ['blocks', 'blockBytes', 'threads', 'channels', 'rings', 'channelPlaces', 'rowBlocks', 'isTraced'] as const) {
    words[headerWord[name]] = layout[name]
  }
  words[headerWord.version] = layoutVersion
  Atomics.store(words, headerWord.magic, magic)
}

/**
 * Reads the layout of a pool that exists, at `byteOffset` of `buffer`.
 * @throws `ERR_POOL_FOREIGN_MEMORY` when there is none, or one of another version, or one that does not fit
 */
export function readLayout(buffer: ArrayBufferLike, byteOffset: number): Layout {
  if (byteOffset + firstThread * 4 > buffer.byteLength) throw foreignMemory('is too short for a pool')
  const header = new Int32Array(buffer, byteOffset, firstThread)
  if (Atomics.load(header, headerWord.magic) !== magic) throw foreignMemory('does not begin with a pool')
  const word = (name: keyof typeof headerWord) => header[headerWord[name]] as number
  if (word('version') !== layoutVersion) {
    throw foreignMemory(
      `has a pool of layout version ${word('version')}; this package has ${layoutVersion}. Use one version in all threads`
    )
  }
  const layout = layoutOf({
    blocks: word('blocks'),
    blockBytes: word('blockBytes'),
    threads: word('threads'),
    channels: word('channels'),
    rings: word('rings'),
    channelPlaces: word('channelPlaces'),
    isTraced: word('isTraced')
  })
  if (layout.rowBlocks !== word('rowBlocks') || byteOffset + layout.bytes > buffer.byteLength)
    throw foreignMemory('has sizes that contradict each other')
  return layout
}

function foreignMemory(complaint: string): PoolError {
  return new PoolError('ERR_POOL_FOREIGN_MEMORY', `the memory of the token ${complaint}. Attach with what token() returned.`)
}

/** The next multiple of `step`, a power of two. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step
}
