import { machine } from '../../bench-kit/src/subprocess.js'
import { overhead } from './overhead.js'

const short = process.argv.includes('--short')
console.log(`Both exporters, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
console.log(`${await overhead(short)}\n`)
