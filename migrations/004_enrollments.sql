-- +goose Up

-- One client's way through one version of a sequence.
CREATE TABLE enrollments (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id        bigint NOT NULL REFERENCES clients ON DELETE CASCADE,
    sequence_id      bigint NOT NULL REFERENCES sequences,
    version_id       bigint NOT NULL REFERENCES sequence_versions,
    state            text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'ended')),
    origin           text NOT NULL CHECK (origin IN ('automatic', 'api')),
    priority         integer NOT NULL DEFAULT 0,
    -- the step done last ('' before the first) and the one that is due at next_at
    last_step        text NOT NULL DEFAULT '',
    next_step        text NOT NULL,
    -- NULL while a message of this enrollment is under way, or something holds it
    next_at          timestamptz,
    -- what holds or delays it: '', 'priority', 'resumed', 'unconfirmed', 'window', …
    waiting          text NOT NULL DEFAULT '',
    offer_name       text NOT NULL DEFAULT '',
    offer_expires_at timestamptz,
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    end_reason       text CHECK (end_reason IN ('finished', 'replied', 'unsubscribed', 'bounced', 'complained',
                     'purchased', 'category_changed', 'goal', 'manual', 'erased', 'sequence_removed')),
    CHECK ((state = 'ended') = (end_reason IS NOT NULL))
);
-- Two requests that race to enroll one client meet here.
CREATE UNIQUE INDEX enrollments_open ON enrollments (client_id, sequence_id) WHERE state <> 'ended';
CREATE INDEX enrollments_client ON enrollments (client_id, id);
CREATE INDEX enrollments_due ON enrollments (next_at) WHERE state = 'active' AND next_at IS NOT NULL;
