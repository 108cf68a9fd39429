-- +goose Up

-- A step of a sequence enrolls in another one.
ALTER TABLE enrollments DROP CONSTRAINT enrollments_origin_check,
    ADD CONSTRAINT enrollments_origin_check CHECK (origin IN ('automatic', 'api', 'sequence'));

-- Versions with a step, or an exit, that waits for something to happen to a client.
ALTER TABLE sequence_versions ADD listens boolean NOT NULL DEFAULT false;
CREATE INDEX sequence_versions_listening ON sequence_versions (id) WHERE listens;

-- Clients to whom something has happened while they are in a version that listens:
-- hints for the planner, who takes them out when he has looked. Written with what
-- happened, so that none is forgotten.
CREATE TABLE happened (client_id bigint NOT NULL);
