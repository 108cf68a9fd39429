-- +goose Up
-- What comes back from outside, as it came: posts of providers and letters of
-- mailboxes. It is kept so that rules can be run over it again.
CREATE TABLE evidence (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL CHECK (source IN ('hook', 'mailbox')),
    origin      text NOT NULL, -- the provider, or the mailbox
    -- the same thing told twice is one piece of evidence
    dedupe_key  text NOT NULL,
    raw         bytea NOT NULL,
    received_at timestamptz NOT NULL, -- wall time
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'ignored', 'quarantined')),
    attempts    integer NOT NULL DEFAULT 0,
    -- the letter of ours that it is about; NULL: of none, or not known yet
    message_id  bigint,
    note        text NOT NULL DEFAULT '' -- what was made of it, for people
);
CREATE UNIQUE INDEX evidence_key ON evidence (source, origin, dedupe_key);
CREATE INDEX evidence_message ON evidence (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX evidence_received ON evidence (received_at);
