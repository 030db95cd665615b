import { createServer } from 'node:http'
import { pooledBody } from '@pool/express'
import express from 'express'
import { pool, served } from './served.js'

const app = express()
app.use(pool ? pooledBody({ pool, limit: '4mb' }) : express.raw({ limit: '4mb' }))
app.post('/', (request, response) => response.send(`${request.body.length} bytes`))

served(createServer(app))
