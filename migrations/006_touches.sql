-- +goose Up

-- The ledger beside sent letters, which are touches themselves (messages).
CREATE TABLE touches (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     bigint NOT NULL REFERENCES clients ON DELETE CASCADE,
    kind          text NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('email', 'call', 'meeting', 'message', 'other')),
    at            timestamptz NOT NULL,
    actor         text NOT NULL DEFAULT '',
    enrollment_id bigint,
    message_id    bigint,
    link          integer NOT NULL DEFAULT -1,
    rep_id        bigint,
    data          jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX touches_client ON touches (client_id, at);
CREATE INDEX touches_at ON touches (at);
-- One touch for an opened letter and one for each clicked link, however often.
CREATE UNIQUE INDEX touches_hit ON touches (message_id, kind, link) WHERE kind IN ('opened', 'clicked');

-- Every hit on a link or pixel as it came in, before anything is concluded from it.
CREATE TABLE hits (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id  bigint NOT NULL,
    purpose     text NOT NULL,
    link        integer NOT NULL DEFAULT -1,
    at          timestamptz NOT NULL,
    method      text NOT NULL,
    user_agent  text NOT NULL,
    address     text NOT NULL
);
CREATE INDEX hits_message ON hits (message_id);

-- Letters captured by the sandbox's own SMTP server.
CREATE TABLE sandbox_inbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    sender     text NOT NULL,
    recipient  text NOT NULL,
    message_id text NOT NULL,
    subject    text NOT NULL,
    raw        bytea NOT NULL
);
CREATE INDEX sandbox_inbox_recipient ON sandbox_inbox (recipient, id);
