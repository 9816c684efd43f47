/**
 * The tables, as numbered steps: step n leads from version n to n + 1. A step that has been released
 * is never changed; what comes later is a step of its own.
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table players (
    id text primary key, name text not null, guest integer not null, dev integer not null,
    created_at integer not null, seen_at integer not null
  ) strict, without rowid;
  create index guests_by_age on players (seen_at) where guest = 1;
  create table guest_keys (
    id text primary key, hash text not null,
    player text not null references players on delete cascade
  ) strict, without rowid;
  create index guest_keys_of_player on guest_keys (player);
  create table aliases (
    id integer primary key autoincrement, service text not null, identifier text not null,
    player text not null references players on delete cascade,
    created_at integer not null, seen_at integer not null,
    unique (service, identifier)
  ) strict;
  create index aliases_of_player on aliases (player);
  create table props (
    player text not null references players on delete cascade, key text not null,
    value text not null, primary key (player, key)
  ) strict, without rowid;
  create table player_groups (
    player text not null references players on delete cascade, name text not null,
    primary key (player, name)
  ) strict, without rowid;
  create table access_keys (
    id text primary key, hash text not null, name text not null, scopes text not null,
    created_at integer not null, revoked_at integer
  ) strict, without rowid;
  create table tickets (
    id text primary key, hash text not null, access_key text not null references access_keys,
    scopes text not null, dev integer not null, until integer not null
  ) strict, without rowid;
  create table socket_tokens (
    alias integer primary key references aliases on delete cascade,
    hash text not null, until integer not null
  ) strict;
  create table channels (
    id integer primary key autoincrement, name text not null,
    owner text references players on delete set null, props text not null,
    last_offset integer not null default 0,
    created_at integer not null, updated_at integer not null
  ) strict;
  create table channel_members (
    channel integer not null references channels on delete cascade,
    player text not null references players on delete cascade,
    joined_at integer not null, primary key (channel, player)
  ) strict, without rowid;
  create index channels_of_player on channel_members (player);
  create table channel_messages (
    channel integer not null references channels on delete cascade, number integer not null,
    player text not null, name text not null, message text not null, at integer not null,
    primary key (channel, number)
  ) strict, without rowid;
  create index channel_messages_by_age on channel_messages (at);
  `,
  `
  create table bans (
    player text primary key references players on delete cascade, reason text not null,
    until integer, banned_at integer not null
  ) strict, without rowid;
  `,
  'create index channels_of_owner on channels (owner)',
  `
  create table bonds (
    player text not null references players on delete cascade,
    other text not null references players on delete cascade,
    standing text not null, since integer not null, primary key (player, other)
  ) strict, without rowid;
  create index bonds_of_other on bonds (other);
  `,
]
