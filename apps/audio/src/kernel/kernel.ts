/** The kernel's exports: see `filter.as.ts`. Every parameter except `taps` is an address in the shared memory. */
export interface Kernel {
  filter(samples: number, coefficients: number, taps: number, delay: number): void
  play(block: number, coefficients: number, taps: number, delay: number, volume: number, output: number): void
}

/** The memory that the kernel and the pool share: as many pages at most as the kernel was compiled for. */
export function kernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 256, shared: true })
}

/** An instance of the kernel over that memory: one for each thread that calls it. */
export function kernelOver(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel
}
