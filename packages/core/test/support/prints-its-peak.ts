import { peakResidentBytes } from '@pool/core/kit'

console.log(peakResidentBytes())
