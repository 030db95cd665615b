/** The peer ships no types. */
declare module 'malloc' {
  export default class Allocator {
    constructor(memory: ArrayBuffer)
    /** An offset; 0 when there is no room. */
    alloc(bytes: number): number
    free(offset: number): number
  }
}
