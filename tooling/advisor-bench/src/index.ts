import { machine } from '../../bench-kit/src/subprocess.js'
import { overhead } from './overhead.js'
import { predictions } from './predictions.js'

// `--only=express-raw,tcp-echo` or `--only=overhead`: these alone. `--rounds=5`: instead of seven.
const option = (name: string) => process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3)
const isShort = process.argv.includes('--short')
console.log(`@pool/advisor on other programs, ${await machine()}${isShort ? ', short form: the figures waver' : ''}\n`)
const [rounds, share] = isShort ? [1, 0.2] : [Number(option('rounds') ?? 7), 1]
const only = option('only')?.split(',') ?? (isShort ? ['overhead', 'express-raw', 'json-api'] : [])
if (only.length === 0 || only.includes('overhead')) console.log(`${await overhead(rounds, share)}\n`)
await predictions(only, rounds, share)
