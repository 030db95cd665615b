/** What {@link instantiateScale} gives: multiplies `count` 32-bit floats, from byte `address` of the memory on, by `factor`. */
export type Scale = (address: number, count: number, factor: number) => void

/** A WebAssembly module, assembled by hand. */
const bytes = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
  ...[0x01, 0x07, 0x01], //                               types: 7 bytes, 1 type
  ...[0x60, 0x03, 0x7f, 0x7f, 0x7d, 0x00], //               func (i32, i32, f32) -> ()
  ...[0x02, 0x0f, 0x01], //                               imports: 15 bytes, 1 import
  ...[0x03, 0x65, 0x6e, 0x76], //                           "env"
  ...[0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79], //         "memory"
  ...[0x02, 0x00, 0x01], //                                 a memory, no maximum, 1 page at least
  ...[0x03, 0x02, 0x01, 0x00], //                         functions: 2 bytes, 1 function, of type 0
  ...[0x07, 0x09, 0x01], //                               exports: 9 bytes, 1 export
  ...[0x05, 0x73, 0x63, 0x61, 0x6c, 0x65, 0x00, 0x00], //   "scale", function 0
  ...[0x0a, 0x33, 0x01, 0x31], //                         code: 51 bytes, 1 body of 49
  ...[0x01, 0x01, 0x7f], //                                 locals: one i32, number 3: the end
  ...[0x20, 0x00, 0x20, 0x01, 0x41, 0x02, 0x74], //         local.get 0, local.get 1, i32.const 2, i32.shl
  ...[0x6a, 0x21, 0x03], //                                 i32.add, local.set 3: end = address + 4 · count
  ...[0x02, 0x40, 0x03, 0x40], //                           block, loop
  ...[0x20, 0x00, 0x20, 0x03, 0x4f, 0x0d, 0x01], //           local.get 0, local.get 3, i32.ge_u, br_if 1: done
  ...[0x20, 0x00, 0x20, 0x00, 0x2a, 0x02, 0x00], //           local.get 0, local.get 0, f32.load
  ...[0x20, 0x02, 0x94, 0x38, 0x02, 0x00], //                 local.get 2, f32.mul, f32.store
  ...[0x20, 0x00, 0x41, 0x04, 0x6a, 0x21, 0x00], //           local.get 0, i32.const 4, i32.add, local.set 0
  ...[0x0c, 0x00], //                                         br 0: once more
  ...[0x0b, 0x0b, 0x0b] //                                  end of loop, block and body
])

/** Lets the module work in `memory`. */
export function instantiateScale(memory: WebAssembly.Memory): Scale {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  return exports.scale as Scale
}
