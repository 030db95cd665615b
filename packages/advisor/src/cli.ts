#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.js'

void runCommandLine(process.argv.slice(2), { folder: process.cwd(), stdout: process.stdout, stderr: process.stderr }).then((code) => {
  process.exitCode = code
})
