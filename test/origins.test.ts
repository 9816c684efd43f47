import t from 'tap'
import { isAdmitted, isOrigin, originsOf } from '../server/transport/origins.ts'

for (const [said, stated, others] of [
  ['https://play.example.org', ['https://play.example.org'], ['http://play.example.org', 'null']],
  ['https://play.example.org/', ['https://play.example.org'], ['https://play.example.org.evil.it']],
  ['HTTPS://Play.Example.org:443', ['https://play.example.org'], ['https://play.example.org:8443']],
  ['http://localhost:8080', ['http://localhost:8080'], ['http://localhost', 'http://localhost:80']],
  ['http://[::1]:8080/', ['http://[::1]:8080'], ['http://[::1]']],
  ['https://bücher.example', ['https://xn--bcher-kva.example'], ['https://bucher.example']],
  [
    'https://*.example.org',
    ['https://a.example.org', 'https://a.b.example.org', 'https://A.Example.org'],
    [
      ...['https://example.org', 'https://.example.org', 'https://aexample.org', 'null'],
      ...['http://a.example.org', 'https://a.example.org:8443', 'https://a.example.org.evil.it'],
      ...[
        'https://evil.it/.example.org',
        'https://evil.it#a.example.org',
        'https://x@.example.org',
      ],
    ],
  ],
  ['http://*.localhost:8080', ['http://one.localhost:8080'], ['http://one.localhost']],
  ['null', ['null'], ['https://null', '']],
  ['capacitor://localhost', ['capacitor://localhost'], ['ionic://localhost', 'http://localhost']],
  ['tauri://localhost/', ['tauri://localhost'], ['capacitor://localhost']],
  ['chrome-extension://abcdefgh', ['chrome-extension://abcdefgh'], ['chrome-extension://abc']],
  ['app://-', ['app://-'], ['app://x']],
  ['file://', ['file://'], ['null']],
] as const)
  t.test(`pages of ${said} connect, and no others`, async (t) => {
    const origins = originsOf([said])

    t.ok(isOrigin(said))
    for (const one of stated) t.ok(isAdmitted(one, origins), one)
    for (const one of others) t.notOk(isAdmitted(one, origins), one)
    t.ok(isAdmitted(undefined, origins), 'who is no page')
  })

t.test('what is no origin is refused', async (t) => {
  for (const said of [
    ...['', '*', 'https://*', 'https://*.', 'play.example.org', 'https://', 'https://a b'],
    ...['https://a.example/game', 'https://a.example?x', 'https://me@a.example', '//a.example'],
    ...['https://a.*.example', 'https://*a.example', 'https://*.7', 'https://a.example:x', 7, null],
  ])
    t.notOk(isOrigin(said), `${said}`)
})
