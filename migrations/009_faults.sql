-- +goose Up

-- A process that lives but hangs keeps its lock: past its lease it counts as dead.
-- Wall time, renewed every few seconds.
ALTER TABLE workers ADD COLUMN heartbeat_at timestamptz NOT NULL DEFAULT now();

-- What tells a database from an older copy of itself (engine/guard.go). Workers
-- count beats here and remember outside how far they came; place is where the
-- database was when they did. Tripped and not confirmed: nothing is sent.
CREATE TABLE guard (
    single            boolean PRIMARY KEY DEFAULT true CHECK (single),
    -- made by the first worker, and anew by each confirmation: a life of its own
    installation      uuid,
    system_identifier bigint NOT NULL DEFAULT 0,
    timeline          bigint NOT NULL DEFAULT 0,
    database_oid      bigint NOT NULL DEFAULT 0,
    table_oid         bigint NOT NULL DEFAULT 0,
    beat              bigint NOT NULL DEFAULT 0,
    beat_at           timestamptz,
    tripped_at        timestamptz,
    reason            text NOT NULL DEFAULT '',
    -- the last beat before it tripped: what happened later is not in the database
    restored_to       timestamptz,
    confirmed_at      timestamptz,
    confirmed_by      text NOT NULL DEFAULT ''
) WITH (fillfactor = 50);
INSERT INTO guard DEFAULT VALUES;
