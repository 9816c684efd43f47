// What ts-node asks for JavaScript: as the compiler makes it, once for each text of a file and not in
// every process, of which the tests start hundreds.
const { createHash } = require('node:crypto')
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const ts = require('typescript')

const CACHE = join(__dirname, '../node_modules/.cache/transpiled')

exports.create = ({ service }) => {
  // Every file is a module: package.json says so, which the compiler is not shown here.
  const compilerOptions = { ...service.config.options, module: ts.ModuleKind.ESNext }
  const settings = `${ts.version} ${JSON.stringify(compilerOptions)}`

  return {
    transpile(text, { fileName }) {
      const path = join(CACHE, `${hash(fileName)}.json`)
      const key = hash(`${settings}\n${text}`)
      const known = read(path)
      if (known?.key === key) return known
      const made = ts.transpileModule(text, { fileName, compilerOptions, reportDiagnostics: true })
      if (!made.diagnostics?.length) write(path, { ...made, key })
      return made
    },
  }
}

const hash = (text) => createHash('sha1').update(text).digest('hex')

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Whole, or not at all; where it cannot be kept it is made again. */
function write(path, made) {
  try {
    mkdirSync(CACHE, { recursive: true })
    const unfinished = `${path}.${process.pid}.${Math.random()}`
    writeFileSync(unfinished, JSON.stringify(made))
    renameSync(unfinished, path)
  } catch {}
}
