-- +goose Up
-- What waits and what could not be read is little, and looked for among much.
CREATE INDEX evidence_state ON evidence (state, id) WHERE state IN ('waiting', 'quarantined');
