import { createServer } from 'node:http'
import express from 'express'
import { served } from './served.js'

const app = express()
app.use(express.json())
app.post('/', (request, response) => response.json({ ...request.body, seen: true }))

served(createServer(app))
