import { readFileSync } from 'node:fs'
import t from 'tap'
import { references } from '../godot-client/reference.ts'

for (const [path, text] of Object.entries(references())) {
  t.test(`${path} says what the scripts say`, async (t) => {
    const written = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    t.equal(written, text, 'expected no difference; run `npm run generate`')
  })

  t.test(`${path} tells of every class and of what a game calls first`, async (t) => {
    for (const name of ['EstragonRoom', 'EstragonMember', 'EstragonResult', 'EstragonError'])
      t.match(text, `## ${name}`)
    for (const name of ['connect_to_server', 'join_or_create', 'identify', 'emit', 'session_lost'])
      t.match(text, new RegExp(`- \`(func|signal) ${name}\\(`))
    t.notMatch(text, /\[\/?code\]|\[method |\[member /, 'no markup is left')
  })
}
