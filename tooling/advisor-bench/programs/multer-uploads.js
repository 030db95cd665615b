import { createServer } from 'node:http'
import { pooledStorage } from '@pool/express'
import express from 'express'
import multer from 'multer'
import { pool, served } from './served.js'

const upload = multer({ storage: pool ? pooledStorage({ pool }) : multer.memoryStorage() })
const app = express()
app.post('/', upload.single('file'), (request, response) => response.send(`${request.file.buffer.length} bytes`))

served(createServer(app))
