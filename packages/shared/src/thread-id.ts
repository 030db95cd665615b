/** The id of this thread where Node has one; its older versions tell it to an import alone, which browsers would refuse. */
export function threadIdHere(): number | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => { readonly threadId: number } } }
  return process?.getBuiltinModule?.('node:worker_threads').threadId
}
