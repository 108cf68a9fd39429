-- +goose Up

-- When the step before was done (at first: the enrollment's start). The next one's
-- delay counts from here, also after the delay was edited.
ALTER TABLE enrollments ADD anchor_at timestamptz;

-- What was decided at steps that send no letter: the branch that was taken, what a
-- wait ended with, what was changed. Once for each step of an enrollment, so that
-- none is done twice, and for reps to read.
CREATE TABLE decisions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enrollment_id bigint NOT NULL,
    client_id     bigint NOT NULL,
    step          text NOT NULL,
    kind          text NOT NULL, -- of step: if, split, wait, set, …
    outcome       text NOT NULL, -- then, else, a branch's name, happened, timed_out, done, given_up, …
    at            timestamptz NOT NULL,
    data          jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX decisions_step ON decisions (enrollment_id, step);
CREATE INDEX decisions_client ON decisions (client_id, at);

-- What reps should do: calls and other tasks of sequences, calls that a category's
-- cadence asks for, and notices.
CREATE TABLE tasks (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     bigint NOT NULL,
    -- NULL for what no sequence waits for
    enrollment_id bigint,
    step          text NOT NULL DEFAULT '',
    kind          text NOT NULL CHECK (kind IN ('call', 'task', 'notice')),
    origin        text NOT NULL CHECK (origin IN ('sequence', 'cadence', 'event', 'reply')),
    title         text NOT NULL,
    script        text NOT NULL DEFAULT '', -- a file in scripts/, without .md
    -- the rep; NULL: whoever takes it
    owner_id      bigint REFERENCES users,
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'given_up', 'cancelled')),
    -- from when it should be done, and by when
    due_at        timestamptz NOT NULL,
    late_at       timestamptz,
    created_at    timestamptz NOT NULL,
    closed_at     timestamptz,
    closed_by     text NOT NULL DEFAULT '', -- a rep's address, or who else
    note          text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX tasks_step ON tasks (enrollment_id, step) WHERE enrollment_id IS NOT NULL;
CREATE UNIQUE INDEX tasks_cadence ON tasks (client_id) WHERE origin = 'cadence' AND state = 'open';
CREATE INDEX tasks_client ON tasks (client_id);
CREATE INDEX tasks_open ON tasks (owner_id, due_at) WHERE state = 'open';

-- Letters of a pool are never sent twice to a client, from whatever sequence.
ALTER TABLE messages ADD pooled boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX messages_pool ON messages (client_id, template) WHERE pooled;
