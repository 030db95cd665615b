import type { PathLike } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { invalid } from '@pool/core/kit'

/** A file to read from: a path, which is opened and closed, or an open file, which stays open. */
export type FileSource = PathLike | FileHandle

/** An open file, and whether it is ours to close. */
export interface OpenFile {
  /** The handle to read from. */
  readonly handle: FileHandle
  /** Whether it was opened by path, so that no other code moves the place that it reads from. */
  readonly isOurs: boolean
  /** Closes the file, if it was opened by path. */
  close(): Promise<void>
}

/** Whether `source` can be one; a path is looked at by `fs`. */
export function checkSource(source: unknown): void {
  const isPath = typeof source === 'string' || source instanceof URL || source instanceof Uint8Array
  if (!isPath && !isHandle(source)) throw invalid('path', 'a string, a Buffer, a file URL or a FileHandle', source)
}

/** Opens `source` for reading, unless it is open. */
export async function openSource(source: FileSource): Promise<OpenFile> {
  if (isHandle(source)) return { handle: source, isOurs: false, close: async () => {} }
  const handle = await open(source, 'r')
  return { handle, isOurs: true, close: () => handle.close() }
}

function isHandle(source: unknown): source is FileHandle {
  return typeof source === 'object' && source !== null && 'fd' in source && 'read' in source && typeof source.read === 'function'
}
