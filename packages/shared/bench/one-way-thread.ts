import { parentPort, workerData } from 'node:worker_threads'
import { SharedPool, type SharedPoolToken } from '@pool/shared'

/** Receives so many blocks and releases them; then idles until it is told to end. */
const { token, turns } = workerData as { token: SharedPoolToken; turns: number }
const pool = SharedPool.attach(token)
parentPort?.once('message', () => pool.detach())
parentPort?.postMessage('ready')
for (let received = 0; received < turns; ) {
  const handle = pool.receive(0)
  if (handle < 0) continue
  pool.release(handle)
  received++
}
parentPort?.postMessage('done')
