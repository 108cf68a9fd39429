-- +goose Up

-- What is told about a letter is one touch, however often it is told.
DELETE FROM touches t USING touches first
    WHERE t.kind IN ('delivered', 'bounced', 'complained', 'unsubscribed') AND first.kind = t.kind AND first.message_id = t.message_id AND first.id < t.id;
CREATE UNIQUE INDEX touches_told ON touches (message_id, kind) WHERE kind IN ('delivered', 'bounced', 'complained', 'unsubscribed');

-- Soft bounces are counted over the letters of a client, those refused at once
-- included.
CREATE INDEX rejections_message ON rejections (message_id);

-- Letters of which nobody knows, or knew, whether they arrived: a small table beside
-- messages, whose hot rows have no index on their state. It is a hint: the message's
-- state decides.
CREATE TABLE unconfirmed (
    message_id bigint PRIMARY KEY,
    since      timestamptz NOT NULL,
    -- when somebody looks for evidence, or does what the sequence says; NULL: never
    look_at    timestamptz,
    open       boolean NOT NULL DEFAULT true,
    -- how often it was sent again because the sequence says so
    resent     integer NOT NULL DEFAULT 0,
    -- who decided what and when, the first decision first: {at, as, by, note}
    closings   jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX unconfirmed_look ON unconfirmed (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX unconfirmed_open ON unconfirmed (message_id) WHERE open;
INSERT INTO unconfirmed (message_id, since, look_at)
    SELECT id, coalesce(sent_at, due_at), CASE WHEN reason NOT LIKE 'a backup was restored%' THEN business_now() END FROM messages WHERE state = 'unconfirmed';

-- Erased clients refuse not only by unsubscribing.
ALTER TABLE refusals
    ADD reason text NOT NULL DEFAULT 'unsubscribed' CHECK (reason IN ('unsubscribed', 'bounced', 'complained')),
    ADD source text NOT NULL DEFAULT 'link';

-- Bounces that came later had a class of their own.
UPDATE rejections SET class = 'unknown' WHERE class = 'bounced';
