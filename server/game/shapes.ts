/** What a value may be: its type, its check, and its words for people, all from one description. */
export {
  about,
  array,
  bool,
  choice,
  float64,
  integer,
  json,
  nullable,
  object,
  optional,
  record,
  type Schema,
  text,
  tuple,
} from '../../protocol/schema.ts'
