import { readFileSync } from 'node:fs'
import t from 'tap'
import { references } from '../godot-client/reference.ts'

const CLASSES = [
  'EstragonPlayers',
  'EstragonRoom',
  'EstragonMember',
  'EstragonChannels',
  'EstragonChannelMessage',
  'EstragonResult',
  'EstragonError',
]
const FIRST = [
  'connect_to_server',
  'identify',
  'join_or_create',
  'emit',
  'send',
  'catch_up',
  'session_lost',
  'message_received',
]

for (const [path, text] of Object.entries(references())) {
  t.test(`${path} says what the scripts say`, async (t) => {
    const written = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    t.equal(written, text, 'expected no difference; run `npm run generate`')
  })

  t.test(`${path} tells of every class and of what a game calls first`, async (t) => {
    for (const name of CLASSES) t.match(text, `## ${name}`)
    for (const name of FIRST) t.match(text, new RegExp(`- \`(func|signal) ${name}\\(`))
    t.notMatch(text, /\[\/?code\]|\[method |\[member /, 'no markup is left')
  })
}
