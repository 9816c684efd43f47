/**
 * What every client does, whatever it is written in: the names of its scenarios. Each client tells
 * them in its own language (scenarios.gd, one for each generation of Godot; scenarios.test.ts for
 * the web) on the stage that director.ts sets.
 */
export const SCENARIOS = [
  'a welcome comes, and a session with it',
  'every reason not to connect is told apart',
  'an address may be written in several ways',
  'a guest comes back as the same guest',
  'members are seen to come, drop, return and leave',
  'who closes the connection on purpose has left',
  'waves and chat go both ways',
  'what was refused is told to who waits for nothing',
  'positions go both ways',
  'an emit reaches everyone but its sender',
  'the acknowledgement carries what was broadcast',
  'a query is answered by the one it was put to',
  'a dialog and a confirm come back with the choice',
  'the host executes what it is asked',
  'the next in line is host where one leaves or is away for long',
  'what is said to server is for the room’s own logic',
  'a packet with objects and arrays arrives as it was sent',
  'bundles in bundles arrive in order',
  'an awaited packet brings what respond returned',
  'the server awaits what a client responds',
  'Refresh and Redirect come to the game',
  'a room is made, found, listed, locked, updated and its members kicked',
  'a second window takes the seat of the first, which is told',
  'two strangers who search are brought together, and search on where one does not come',
  'players go together in a party, are called into a room, and play a match as one',
  'a query survives a cut of its asker and of its target',
  'a server without configuration has open rooms, listed by what they say',
  'members hear what another is known by',
  'who was away hears the newest of each latest event, once',
  'what a room knows is told whole to who joins late, and to who was away',
  'an owner moves its row, and others see it; what may not be is put right',
  'a player signs in by ticket, alias and token',
  'a wrong or an old token is refused',
  'a name and props are kept',
  'what is said in a channel reaches its members in order, the sender included',
  'what was missed in a channel is told before what comes next',
  'garbage harms neither side',
  'numbers and text arrive as they were sent',
  'messages just under, at and over the limit of the server',
  'a message too large to receive becomes an error, not a dead socket',
  'a pause of 20 s changes nothing',
  'a restarted server is joined anew',
  'nothing comes unless polled, and then everything',
  'a burst of 10,000 during a stall of 2 s loses nothing',
  'nothing is lost or doubled over 200 cuts',
] as const

/** What only a game loop can do: stop polling, or stall. */
export const OF_A_GAME_LOOP: readonly string[] = [
  'a pause of 20 s changes nothing',
  'nothing comes unless polled, and then everything',
  'a burst of 10,000 during a stall of 2 s loses nothing',
]
