import { readFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

/** The most pages of 64 KiB that the memory which the kernel imports may have. */
const maximumPages = 256

/** Compiles a kernel, `*.as.ts`, to WebAssembly with SIMD over a shared memory that it imports. */
export async function compileKernel(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const source = await readFile(file, 'utf8')
  let bytes: Uint8Array | string | null = null
  const flags = ['kernel.ts', '--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub']
  const memory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', String(maximumPages)]
  const { error, stderr } = await asc.main([...flags, ...memory, '--enable', 'simd,threads'], {
    readFile: (name) => (name === 'kernel.ts' ? source : null),
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm') bytes = contents
    },
    listFiles: () => []
  })
  if (error !== null || bytes === null) throw new Error(`${file} does not compile: ${error?.message ?? ''}\n${stderr.toString()}`)
  return Uint8Array.from(bytes as Uint8Array)
}
