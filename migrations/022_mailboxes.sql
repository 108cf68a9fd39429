-- +goose Up
-- The mailboxes that seventh.yaml names, and how reading them goes. All times are wall
-- time.
CREATE TABLE mailboxes (
    name          text PRIMARY KEY,         -- where seventh.yaml names it: senders.ann, bounces
    address       text NOT NULL,            -- what comes to it
    -- whether letters of that address wait while it cannot be read
    sends         boolean NOT NULL,
    first_at      timestamptz NOT NULL,     -- when reading it was tried first
    read_at       timestamptz,              -- when it was read last
    error         text NOT NULL DEFAULT '', -- why it could not be read after that
    failed_at     timestamptz               -- when that was last so
);

-- How far each folder has been read: evidence of its letters commits with it.
CREATE TABLE mailbox_folders (
    mailbox   text NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    folder    text NOT NULL,
    -- UIDs of another validity are of other letters
    validity  bigint NOT NULL,
    last_uid  bigint NOT NULL,
    -- a letter that could not be read, and how often that was tried
    stuck_uid bigint NOT NULL DEFAULT 0,
    tries     integer NOT NULL DEFAULT 0,
    PRIMARY KEY (mailbox, folder)
);

-- A letter that lies in two folders, or mailboxes, is one piece of evidence.
CREATE UNIQUE INDEX evidence_letter ON evidence (dedupe_key) WHERE source = 'mailbox';
