import { SizeClassPool } from '@pool/core'
import { pooledBody } from '@pool/express'
import express from 'express'

const pool = new SizeClassPool({ name: 'bodies', maxLiveBytes: 64 * 1024 * 1024, clear: 'never' })
const app = express()

// Was: app.use(express.raw({ limit: '1mb' }))
app.use(pooledBody({ pool, limit: '1mb' }))

app.post('/', (request, response) => {
  // A Buffer of exactly the body, until the response is over.
  response.send(`${request.body.length} bytes`)
})

app.listen(process.env.PORT ?? 3000)
