-- +goose Up

-- What the rules go by who is behind a hit, and what they make of it. Hits from before
-- have no rules (NULL): nothing is known of their languages, and their touches stay as
-- they are.
ALTER TABLE hits
    ADD language text NOT NULL DEFAULT '', -- Accept-Language
    ADD ahead text NOT NULL DEFAULT '',    -- the header by which a browser says that it prefetches
    ADD said text NOT NULL DEFAULT '',     -- what the provider who told of it makes of it
    ADD actor text,                        -- NULL: no verdict yet
    ADD rules integer;                     -- the version of the rules that made it; 0: none yet
ALTER TABLE hits ALTER rules SET DEFAULT 0;

-- A letter's newest hits are judged, not all that somebody may send.
DROP INDEX hits_message;
CREATE INDEX hits_message ON hits (message_id, id);

-- Letters whose hits are judged when nothing can change the verdict any more.
CREATE TABLE hits_due (
    at         timestamptz NOT NULL, -- business time
    message_id bigint NOT NULL
);
CREATE INDEX hits_due_at ON hits_due (at);

-- How far hits have been judged by the newest rules: from the newest down to below_id.
CREATE TABLE hit_rules (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    rules    integer NOT NULL,
    below_id bigint -- NULL: all of them
);
INSERT INTO hit_rules (rules) VALUES (1);
