-- +goose Up

-- A worker process holds a session advisory lock for its row: lock free means dead.
CREATE TABLE workers (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host       text NOT NULL,
    pid        integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now()
);

-- Letters of one sender handed to a worker together. The fence grows with every
-- claim; whoever held an older one can settle nothing any more. Gone when settled.
CREATE TABLE chunks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender      text NOT NULL,
    message_ids bigint[] NOT NULL,
    worker_id   integer,
    fence       bigint NOT NULL DEFAULT 0,
    waiting     text NOT NULL DEFAULT '',
    attempts    integer NOT NULL DEFAULT 0,
    -- wall time at which a chunk that nobody has gets a new job
    retry_at    timestamptz NOT NULL DEFAULT now() + interval '2 minutes'
);

-- One letter for one step. "claimed" and "transmitting" are not written here:
-- a planned letter is claimed when its chunk has a worker, and transmitting when
-- its id stands in transmissions (design: T2 is one append-only row per commit).
-- No foreign keys: rows are written by the million and only ever by the engine.
CREATE TABLE messages (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enrollment_id bigint NOT NULL,
    client_id     bigint NOT NULL,
    step          text NOT NULL,
    occurrence    integer NOT NULL DEFAULT 1,
    template      text NOT NULL,
    sender        text NOT NULL,
    subject       text NOT NULL DEFAULT '',
    -- the address it went to, normalised: the client may have another one later
    recipient     text NOT NULL DEFAULT '',
    state         text NOT NULL DEFAULT 'planned' CHECK (state IN
                  ('planned', 'held', 'sent', 'failed', 'cancelled', 'unconfirmed')),
    chunk_id      bigint,
    fence         bigint NOT NULL DEFAULT 0,
    attempts      integer NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL,
    not_after     timestamptz NOT NULL,
    -- the place in the ledger: when due, moved only when it left over a minute
    -- later, so that settling a letter does not touch an index (HOT update)
    at            timestamptz NOT NULL,
    sent_at       timestamptz,
    reason        text NOT NULL DEFAULT '',
    response      text NOT NULL DEFAULT '',
    letter_hash   bytea,
    personal      bytea,
    destinations  text[]
) WITH (fillfactor = 70);
-- The guard against sending a step twice.
CREATE UNIQUE INDEX messages_step ON messages (enrollment_id, step, occurrence);
CREATE INDEX messages_client ON messages (client_id, at);
CREATE INDEX messages_at ON messages (at);

-- T2: letters whose body may be on the wire, with what they say (arrays in step
-- with message_ids). A row goes when all its letters are settled; of a dead
-- worker's rows the unsettled letters are unconfirmed, and their content is known.
CREATE TABLE transmissions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker_id     integer NOT NULL,
    chunk_id      bigint NOT NULL,
    fence         bigint NOT NULL,
    message_ids   bigint[] NOT NULL,
    subjects      text[] NOT NULL,
    recipients    text[] NOT NULL,
    letter_hashes bytea[] NOT NULL,
    personals     bytea[] NOT NULL,
    destinations  jsonb[] NOT NULL
);

-- Planned letters that wait for a time of their own: put off by the receiving
-- server, or too late for their window.
CREATE TABLE deferred (
    message_id bigint PRIMARY KEY,
    until      timestamptz NOT NULL
);
CREATE INDEX deferred_until ON deferred (until);
