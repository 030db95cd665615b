import { defineConfig, type Plugin } from 'vite'
import { compileKernel } from './src/kernel/compile.js'

const suffix = '.as.ts?bytes'
/** Without them a page has no shared memory. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** `import bytes from './x.as.ts?bytes'`: the WebAssembly that AssemblyScript makes of it, some hundred bytes, in the bundle itself. */
function assemblyScript(): Plugin {
  return {
    name: 'assemblyscript',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith(suffix)) return
      const bytes = await compileKernel(id.slice(0, -'?bytes'.length))
      return `export default Uint8Array.from(atob('${Buffer.from(bytes).toString('base64')}'), (char) => char.charCodeAt(0))`
    }
  }
}

export default defineConfig({
  // Relative addresses: the build can lie in any folder of a server.
  base: './',
  resolve: { conditions: ['@pool/source', 'module', 'browser', 'development|production'] },
  plugins: [assemblyScript()],
  worker: { format: 'es' },
  // The first browsers that know `light-dark()`.
  build: { target: ['chrome123', 'firefox120', 'safari17.5'] },
  server: { headers },
  preview: { headers, port: 4174 }
})
