-- +goose Up

-- What clients ask for instead of no letters at all: how far apart automated letters
-- are to be at least, over all sequences.
CREATE TABLE preferences (
    client_id     bigint PRIMARY KEY,
    letters_every text NOT NULL, -- a duration such as 1mo
    noted_at      timestamptz NOT NULL,
    message_id    bigint -- by which letter
);
