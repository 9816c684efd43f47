import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'libsql'
import { MIGRATIONS } from './migrations.ts'

export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

/** Prepared statements over one file; each text is prepared once. */
export interface Sql {
  all(text: string, ...values: Value[]): Row[]
  get(text: string, ...values: Value[]): Row | undefined
  /** How many rows it changed. */
  run(text: string, ...values: Value[]): number
  /** The same for what may be left undone, as it is while `sparing`. */
  touch(text: string, ...values: Value[]): void
  sparing<T>(act: () => T): T
  exec(text: string): void
  close(): void
}

/** The name of a database that no file keeps. */
export const IN_MEMORY = ':memory:'

/** How long it waits for another process that writes to the same file. */
const BUSY_MS = 5_000
/** `ESTR`: what tells our files from those of other programs. */
const APPLICATION = 0x45535452
/** A file up to this size is looked through before it is used; a larger one as it is read. */
const CHECKED_BYTES = 64 * 1024 * 1024

/**
 * Opens a file, brings its tables up to date, and leaves it alone where it cannot: throws an Error
 * that names it, says what is wrong with it and what to do.
 */
export function openDatabase(file: string, migrations: readonly string[] = MIGRATIONS): Sql {
  const path = file === IN_MEMORY ? file : resolve(file)
  let sql: Sql | undefined
  try {
    if (path !== IN_MEMORY && isThere(path)) inspect(path, migrations.length)
    sql = statements(new Database(path))
    // Before anything that may have to wait for another process.
    sql.exec(`pragma busy_timeout = ${BUSY_MS}`)
    sql.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
    migrate(sql, migrations)
    return tidying(sql)
  } catch (error) {
    sql?.close()
    throw new Error(`${file}: ${explain(error as Error & { code?: string })}`)
  }
}

/** Whether there is something in the file; throws where its folder or itself cannot be used. */
function isThere(path: string): boolean {
  const folder = statSync(dirname(path), { throwIfNoEntry: false })
  if (!folder?.isDirectory())
    throw new Error(`there is no folder ${dirname(path)}. Make it, or ${CHOOSE}`)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw new Error(`it is a folder. ${capital(CHOOSE)}`)
  // SQLite writes beside the file as well.
  demand(dirname(path), `its folder cannot be written`)
  if (found) demand(path, `it cannot be written`)
  return (found?.size ?? 0) > 0
}

function demand(path: string, complaint: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${complaint} (${code}). Check its rights, or ${CHOOSE}`)
  }
}

/** Looks without the right to write: nothing becomes of a file that turns out to be another's. */
function inspect(path: string, newest: number): void {
  const sql = statements(new Database(`${pathToFileURL(path).href}?mode=ro`))
  try {
    sql.exec(`pragma busy_timeout = ${BUSY_MS}`)
    const application = numberOf(sql, 'pragma application_id', 'application_id')
    const tables = numberOf(sql, 'select count(*) as tables from sqlite_master', 'tables')
    if (application !== APPLICATION && tables > 0) throw new Error(FOREIGN)
    const version = versionOf(sql)
    if (version > newest) throw new Error(newer(version, newest))
    if (statSync(path).size > CHECKED_BYTES) return
    const problem = String(sql.get('pragma quick_check(1)')?.quick_check)
    if (problem !== 'ok') throw new Error(damaged(problem))
  } finally {
    sql.close()
  }
}

/** In one transaction, so that of two processes that start together one does it. */
function migrate(sql: Sql, migrations: readonly string[]): void {
  if (versionOf(sql) >= migrations.length) return
  sql.exec('begin immediate')
  try {
    for (const step of migrations.slice(versionOf(sql))) sql.exec(step)
    sql.exec(`pragma application_id = ${APPLICATION}`)
    sql.exec(`pragma user_version = ${migrations.length}`)
    sql.exec('commit')
  } catch (error) {
    sql.exec('rollback')
    throw error
  }
}

/** Leaves everything in the one file, so that a copy of it is a copy of all. */
function tidying(sql: Sql): Sql {
  return {
    ...sql,
    close() {
      try {
        sql.exec('pragma wal_checkpoint(truncate)')
      } catch {
        // Another process is at it, or the disk is full: it is all in the file beside.
      }
      sql.close()
    },
  }
}

const versionOf = (sql: Sql) => numberOf(sql, 'pragma user_version', 'user_version')
const numberOf = (sql: Sql, text: string, column: string) => Number(sql.get(text)?.[column] ?? 0)

function statements(database: Database.Database): Sql {
  const prepared = new Map<string, Database.Statement>()
  let isSparing = false
  const statement = (text: string) => {
    const found = prepared.get(text) ?? database.prepare(text)
    prepared.set(text, found)
    return found
  }
  return {
    all: (text, ...values) => statement(text).all(...values) as Row[],
    get: (text, ...values) => statement(text).get(...values) as Row | undefined,
    run: (text, ...values) => statement(text).run(...values).changes,
    touch(text, ...values) {
      if (!isSparing) statement(text).run(...values)
    },
    sparing(act) {
      isSparing = true
      try {
        return act()
      } finally {
        isSparing = false
      }
    },
    exec: (text) => void database.exec(text),
    close() {
      prepared.clear()
      database.close()
    },
  }
}

const CHOOSE = 'choose another file with --data'
const UNTOUCHED = 'Nothing was changed'
const FOREIGN = `it is the database of another program. ${UNTOUCHED}; ${CHOOSE}`

const newer = (version: number, newest: number) =>
  `it was written by a newer Estragon (version ${version} of the tables; this one knows ${newest}). ${UNTOUCHED}; start the newer one, or ${CHOOSE}`

const damaged = (why: string) =>
  `it is damaged, or no database (${why.split('\n').join(' ')}). ${UNTOUCHED}; restore a copy, or ${CHOOSE}`

/** What is wrong, and what to do. */
export function explain({ code, message }: Error & { code?: string }): string {
  if (code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT')) return damaged(message)
  if (code?.startsWith('SQLITE_READONLY'))
    return `it cannot be written (${message}). Check its rights, or ${CHOOSE}`
  if (code?.startsWith('SQLITE_BUSY')) return `another program holds it locked (${message})`
  if (code === 'SQLITE_FULL') return `the disk is full (${message}). Make room, or ${CHOOSE}`
  if (code?.startsWith('SQLITE_IOERR'))
    return `the disk is full, at its quota, or fails (${message}). Make room, or ${CHOOSE}`
  if (message.startsWith('ConnectionFailed')) return `it cannot be opened (${message})`
  return message
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
