-- +goose Up

-- The limited offer that a letter was about, by place as destinations:
-- {"name", "expires_at", "links": [those that take it up]}; NULL if no letter of
-- the commit was about one. What a link says about it is decided from here.
ALTER TABLE contents ADD offers jsonb;
