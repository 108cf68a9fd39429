-- +goose Up

-- What webhook steps tell other systems: written by the planner with a job that
-- posts it. The body is fixed then, so that every attempt says the same.
CREATE TABLE webhook_deliveries (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- the webhook-id header: by it receivers know what they have seen before
    event_id      text NOT NULL DEFAULT 'msg_' || replace(gen_random_uuid()::text, '-', ''),
    webhook       text NOT NULL, -- a name in seventh.yaml
    client_id     bigint NOT NULL REFERENCES clients ON DELETE CASCADE,
    enrollment_id bigint NOT NULL,
    step          text NOT NULL,
    body          text NOT NULL,
    -- gone: the receiver wants no more of it (410); captured: kept in the sandbox
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'gone', 'failed', 'captured')),
    attempts      integer NOT NULL DEFAULT 0,
    status        integer NOT NULL DEFAULT 0, -- of the last answer; 0 without one
    response      text NOT NULL DEFAULT '',   -- its beginning, or what kept it from coming
    created_at    timestamptz NOT NULL,
    tried_at      timestamptz
);
CREATE UNIQUE INDEX webhook_deliveries_event ON webhook_deliveries (event_id);
CREATE UNIQUE INDEX webhook_deliveries_step ON webhook_deliveries (enrollment_id, step);
CREATE INDEX webhook_deliveries_client ON webhook_deliveries (client_id);
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (state, id) WHERE state <> 'delivered';
