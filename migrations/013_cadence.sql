-- +goose Up

-- When clients are to be called because their category asks for it, one row for each
-- whom anybody may call. A table of its own: a call moves a few bytes of it, and
-- clients are written as quickly as without it.
CREATE TABLE next_calls (
    client_id     bigint PRIMARY KEY,
    -- the category and its time between calls (as in seventh.yaml) that the dates
    -- were made from
    category      text NOT NULL,
    every         text NOT NULL,
    -- when the client got the category: the time counts from here as long as nobody
    -- has spoken to him
    given_at      timestamptz NOT NULL,
    -- when a task is made of it; NULL while there is an open one
    due_at        timestamptz,
    late_at       timestamptz NOT NULL
);
CREATE INDEX next_calls_due ON next_calls (due_at) WHERE due_at IS NOT NULL;

-- Who spoke to whom last, among all the opens and clicks.
CREATE INDEX touches_by_people ON touches (client_id, at) WHERE actor = 'rep' OR kind = 'meeting_booked';

-- The times between letters that waiting enrollments were dated by (category → as in
-- seventh.yaml), and up to which enrollment a change has been worked into the dates;
-- NULL when it is finished.
CREATE TABLE cadence (
    letters jsonb NOT NULL,
    after   bigint
);
