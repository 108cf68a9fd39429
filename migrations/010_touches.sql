-- +goose Up

-- Checking it locks the client, so that a change of one client kept the opens of all
-- others waiting that are committed together with his. store.Erase removes a
-- client's touches, and store.InsertTouch writes none for a client who is gone.
ALTER TABLE touches DROP CONSTRAINT touches_client_id_fkey;
