declare module '*.as.ts?bytes' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}
