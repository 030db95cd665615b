import { createServer } from 'node:http'
import pg from 'pg'
import { served } from './served.js'

const client = new pg.Client({
  host: '127.0.0.1',
  port: Number(process.env.PROGRAM_DATABASE),
  user: 'reader',
  database: 'rows',
  ssl: false
})
await client.connect()

served(
  createServer(async (_request, response) => {
    const { rows } = await client.query('SELECT * FROM rows')
    response.end(String(rows.reduce((sum, { content }) => sum + content.length, 0)))
  })
)
