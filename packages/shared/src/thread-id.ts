/** The id of this thread where Node has one. Its older versions give the id only to an import, which browsers would refuse. */
export function threadIdHere(): number | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => { readonly threadId: number } } }
  return process?.getBuiltinModule?.('node:worker_threads').threadId
}
