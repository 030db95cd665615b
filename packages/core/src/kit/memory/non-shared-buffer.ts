/**
 * A Buffer over an `ArrayBuffer`, never over shared memory: the return type of `Buffer.alloc()`. A `Blob`, a `Response`, `fetch` and
 * `crypto.subtle` take it where a bare `Buffer` does not compile.
 *
 * With TypeScript 5.7 and newer it is `Buffer<ArrayBuffer>`, which Node's types call by the same name; with older ones, whose `Buffer` has
 * no parameter, it is `Buffer`.
 */
export type NonSharedBuffer = ReturnType<typeof Buffer.alloc>
