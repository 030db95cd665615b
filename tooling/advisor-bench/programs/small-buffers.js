import { createServer } from 'node:http'
import { served } from './served.js'

served(
  createServer((_request, response) => {
    let sum = 0
    for (let index = 0; index < 500; index++) sum += Buffer.from(`message ${index}`).length + Buffer.alloc(64).length
    response.end(String(sum))
  })
)
