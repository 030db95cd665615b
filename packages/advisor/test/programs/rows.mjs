import pg from 'pg'

const client = new pg.Client({ host: '127.0.0.1', port: Number(process.env.ROWS_PORT), user: 'u', database: 'd' })
await client.connect()
let rows = 0
for (let query = 0; query < Number(process.env.QUERIES); query++) rows += (await client.query('select payload from documents')).rows.length
process.send(rows)
process.on('message', () => process.exit())
