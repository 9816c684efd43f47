// The compiled server under test. All players come from one address, so that its limits on those are
// lifted; its rates are lifted as well, unless BENCH_RATES says that the defaults are to stay.
import { hashSync } from '@node-rs/bcrypt'
import { createServer, defineRoom } from '../../dist/server/server.js'
import { report, warn } from './report.mjs'

const silent = () => {}
const gather_ms = Number(process.env.BENCH_GATHER_MS ?? 0)
const arena = { capacity: 1_000, namespaces: ['game'], gather_ms }
const server = await createServer({
  port: 0,
  host: '127.0.0.1',
  ...(process.env.BENCH_RATES !== 'default' && { rates: false }),
  backendSecret: hashSync('bench', 4),
  limits: { connections: 6_000, sessions: 10_000 },
  open: true,
  rooms: {
    arena: defineRoom(arena),
    burst: defineRoom({
      ...arena,
      // Each member gets its own ones.
      onMessage(room, { name, args }) {
        if (name !== 'game.burst') return
        const [count, text] = args
        for (const member of room.members)
          for (let at = 0; at < count; at++)
            room.emit('game.mine', [member.number, at, text], [member])
      },
    }),
  },
  log: { trace: silent, debug: silent, info: silent, warn, error: warn },
})
report(server.port)
