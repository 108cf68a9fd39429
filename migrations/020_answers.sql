-- +goose Up

-- A letter that answers one of ours is one touch, however often it is reported, and
-- about whichever of our letters. data.answer is its Message-ID or else its evidence.
CREATE UNIQUE INDEX touches_answer ON touches (client_id, (data->>'answer')) WHERE kind IN ('replied', 'auto_replied');

-- What a client has written, for the rep to read, and what a task is about: answer
-- (chains may be held until it is done), opt_out, away, automatic; '' for what a
-- sequence or a category asks for. There is one open task about each.
ALTER TABLE tasks
    ADD body    text NOT NULL DEFAULT '',
    ADD about   text NOT NULL DEFAULT '',
    -- the client seems to want no more letters: the rep may suppress him right there
    ADD opt_out boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX tasks_about ON tasks (client_id, about) WHERE about <> '' AND state = 'open';

-- Clients who are out of the office, or were: what their latest automatic answer says.
-- Nothing of a sequence happens to them until then.
CREATE TABLE absences (
    client_id   bigint PRIMARY KEY,
    until       timestamptz NOT NULL,
    said_until  date,        -- the date of return as they say it; NULL: they say none
    substitute  text NOT NULL DEFAULT '',
    message_id  bigint,      -- our letter that was answered
    evidence_id bigint,
    said_at     timestamptz NOT NULL,
    noted_at    timestamptz NOT NULL,
    -- a person has answered since, or a rep says that the client is back
    ended_at    timestamptz,
    told        text NOT NULL DEFAULT '' -- what the rep was told last
);
