-- +goose Up

-- The people who log in to the pages. Reps own clients; an owner that the CRM
-- names and nobody has added yet is a rep without a password.
CREATE TABLE users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text NOT NULL UNIQUE CHECK (email = lower(email)),
    name          text NOT NULL DEFAULT '',
    role          text NOT NULL CHECK (role IN ('rep', 'marketer', 'admin')),
    phone         text NOT NULL DEFAULT '',
    position      text NOT NULL DEFAULT '',
    password_hash text,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE login_links (
    hash       bytea PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE TABLE web_sessions (
    token      text PRIMARY KEY,
    data       bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX web_sessions_expires_at ON web_sessions (expires_at);

CREATE TABLE api_keys (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    hash         bytea NOT NULL,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);

-- Keys that must outlive a change of SEVENTH_SECRET: links in letters already
-- sent are sealed with them.
CREATE TABLE link_keys (
    name       text PRIMARY KEY,
    value      bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Business time = wall time + shift. Zero outside the sandbox. A target is an
-- advance that has begun and is taken up again after a restart.
CREATE TABLE clock (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    shift  interval NOT NULL DEFAULT '0',
    target timestamptz
);
INSERT INTO clock DEFAULT VALUES;

-- +goose StatementBegin
CREATE FUNCTION business_now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT clock_timestamp() + shift FROM clock $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The advisory lock that a stop and a letter's T2 share, by normalised address.
CREATE FUNCTION address_key(address text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT hashtextextended(address, 7) $$;
-- +goose StatementEnd
