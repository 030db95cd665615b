import express from 'express'
import multer from 'multer'

const app = express()
app.post('/', multer({ storage: multer.memoryStorage() }).single('file'), (request, response) => response.json(request.file.size))
const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('message', () => process.exit())
