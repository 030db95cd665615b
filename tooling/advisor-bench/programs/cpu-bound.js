import { pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'
import { served } from './served.js'

served(createServer((_request, response) => response.end(pbkdf2Sync('word', 'salt', 20_000, 32, 'sha256').toString('hex'))))
