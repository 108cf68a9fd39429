-- +goose Up

-- Why a step waits, beside the short code in waiting: whose limit it is. due_at is
-- when the step was due before it was moved; it counts while waiting is not '' or a
-- letter is under way. lanes are those on whose day (of next_at) room is promised to
-- it, parted by spaces. All three stay as they are where no limit is in play, so
-- that their indexes do not keep a row from being updated in place.
ALTER TABLE enrollments
    ADD due_at         timestamptz,
    ADD waiting_detail text NOT NULL DEFAULT '',
    ADD lanes          text NOT NULL DEFAULT '';
CREATE INDEX enrollments_detail ON enrollments (waiting_detail) WHERE waiting_detail <> '';
CREATE INDEX enrollments_lanes ON enrollments (lanes) WHERE lanes <> '';

-- How fast a chunk's letters may go, in letters a second; 0 for no limit.
ALTER TABLE chunks ADD per_second real NOT NULL DEFAULT 0;

-- A lane is what letters share and limits are counted for: a sender, by his
-- address, or a mail provider, whose name has no @.
CREATE TABLE lanes (
    lane      text PRIMARY KEY,
    -- the letters released so far take until then at the lane's rate
    free_at   timestamptz,
    -- until when the rate is promised to letters that wait, by their priority
    promised  jsonb NOT NULL DEFAULT '{}',
    -- a provider told us to slow down: letters a second from then on, recovering
    slow      real,
    slowed_at timestamptz
);
CREATE INDEX lanes_slowed ON lanes (slowed_at) WHERE slowed_at IS NOT NULL;

-- A lane's calendar days in the company's zone: letters released, and promised to
-- letters that wait. A counter, so that a letter costs the same at the day's end.
CREATE TABLE lane_days (
    lane     text NOT NULL,
    day      date NOT NULL,
    priority integer NOT NULL,
    released integer NOT NULL DEFAULT 0,
    promised integer NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, day, priority)
);

-- Senders, by address, and sequences, by name, that are paused or were.
CREATE TABLE pauses (
    kind       text NOT NULL CHECK (kind IN ('sender', 'sequence')),
    name       text NOT NULL,
    paused     boolean NOT NULL,
    -- NULL: until a person resumes
    until      timestamptz,
    -- for people
    reason     text NOT NULL,
    since      timestamptz NOT NULL,
    -- who: mail server, breaker, or a person
    by         text NOT NULL,
    -- pauses in a row, for a back-off that grows
    failures   integer NOT NULL DEFAULT 0,
    resumed_at timestamptz,
    PRIMARY KEY (kind, name)
);

-- How many letters a sender or sequence has sent so far, while a breaker looks at
-- the last ones.
CREATE TABLE tallies (
    kind    text NOT NULL,
    name    text NOT NULL,
    letters bigint NOT NULL,
    PRIMARY KEY (kind, name)
);

-- Letters refused, bounced later or complained about, for the breakers. The tallies
-- as they stood then say how many letters have followed.
CREATE TABLE rejections (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id       bigint NOT NULL,
    -- of a bounce or complaint that came later
    touch_id         bigint UNIQUE,
    sender           text NOT NULL,
    sequence         text NOT NULL,
    provider         text NOT NULL,
    class            text NOT NULL,
    -- refused for good, not put off
    failed           boolean NOT NULL,
    at               timestamptz NOT NULL,
    sender_letters   bigint NOT NULL,
    sequence_letters bigint NOT NULL
);
CREATE INDEX rejections_sender ON rejections (sender, id);
CREATE INDEX rejections_sequence ON rejections (sequence, id);
CREATE INDEX touches_trouble ON touches (id) WHERE kind IN ('bounced', 'complained');

-- +goose StatementBegin
-- Whom a client works with: the CRM's company_id or else the domain of the address.
-- Whether that domain is a public provider's is for the caller to know.
CREATE FUNCTION company_key(company_id text, address text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN company_id <> '' THEN '#' || company_id ELSE split_part(address, '@', 2) END $$;
-- +goose StatementEnd
CREATE INDEX clients_company ON clients (company_key(company_id, address));
