import { importCost } from '../../../tooling/bench-kit/src/import-cost.js'
import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { multerCost } from './multer-cost.bench.js'
import { requestCost } from './request-cost.bench.js'
import { uploadStorm } from './upload-storm.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/express, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
const imports = () => importCost([['@pool/express'], ['express'], ['express', '@pool/express'], ['@pool/core']], process.cwd())
const sections = { requestCost, uploadStorm, multerCost, imports }
// `--only=multerCost`: one of them.
const only = process.argv.find((one) => one.startsWith('--only='))?.slice(7)
for (const [name, section] of Object.entries(sections)) if (only === undefined || only === name) console.log(`${await section(short)}\n`)
