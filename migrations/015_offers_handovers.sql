-- +goose Up

-- The limited offer that a letter was about, by place as destinations:
-- {"name", "expires_at", "links": [those that take it up]}; NULL if no letter of
-- the commit was about one. What a link says about it is decided from here.
ALTER TABLE contents ADD offers jsonb;

-- Clients of a sequence whose rep has changed, to be told by its handover letter:
-- once for each new rep. The letter is a message of the step "handover".
CREATE TABLE handovers (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enrollment_id bigint NOT NULL,
    client_id     bigint NOT NULL,
    owner_id      bigint, -- the new rep; NULL: nobody yet
    previous_id   bigint NOT NULL,
    -- of its message; 0 while none is planned
    occurrence    integer NOT NULL DEFAULT 0,
    -- when the planner decides about it; NULL: never, or not again
    due_at        timestamptz
);
CREATE UNIQUE INDEX handovers_owner ON handovers (enrollment_id, owner_id);
CREATE INDEX handovers_client ON handovers (client_id);
CREATE INDEX handovers_due ON handovers (due_at) WHERE due_at IS NOT NULL;
