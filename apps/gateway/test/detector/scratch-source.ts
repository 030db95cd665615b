import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'

/** A source of scratch memory that counts what is out, fills what it hands out with junk, and fails on demand. */
export class ScratchSource implements BufferSource<NonSharedBuffer> {
  readonly name = 'scratch'
  readonly maxBytes = 1 << 20
  readonly sizes: number[] = []
  out = 0
  /** Thrown by the next leases, when set. */
  failure: Error | undefined
  /** Bytes by which leases fall short of what was asked for. */
  shortBy = 0
  /** Bytes in front of each buffer within its slab, to try every alignment. */
  misalignment = 0

  lease(bytes: number): Lease<NonSharedBuffer> {
    if (this.failure !== undefined) throw this.failure
    this.sizes.push(bytes)
    this.out += 1
    const buffer = Buffer.alloc(bytes + 8, 0x27).subarray(this.misalignment, this.misalignment + bytes - this.shortBy)
    let released = false
    const release = (): void => {
      if (released) throw new Error('released twice')
      released = true
      this.out -= 1
      buffer.fill(0x3c)
    }
    return {
      buffer,
      get released() {
        return released
      },
      release,
      discard: release,
      retain: unsupported,
      hold: unsupported,
      [Symbol.dispose]: () => {
        if (!released) release()
      },
      [Symbol.asyncDispose]: async () => {
        if (!released) release()
      }
    }
  }

  acquire(): NonSharedBuffer {
    return unsupported()
  }
  acquireAsync(): Promise<NonSharedBuffer> {
    return unsupported()
  }
  release(): void {
    unsupported()
  }
  leaseAsync(): Promise<Lease<NonSharedBuffer>> {
    return unsupported()
  }
}

function unsupported(): never {
  throw new Error('the detector leases, and nothing else')
}
