import * as u from './upload-storm.bench.js'

console.log(await (u as any).measure(process.argv[2], 0))
