-- +goose Up

CREATE TABLE clients (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_id          text NOT NULL UNIQUE,
    -- as the CRM wrote it; address is the same one normalised (lower case,
    -- ASCII domain), the key of suppressions and stops
    email                text NOT NULL DEFAULT '',
    address              text NOT NULL DEFAULT '',
    first_name           text NOT NULL DEFAULT '',
    last_name            text NOT NULL DEFAULT '',
    company              text NOT NULL DEFAULT '',
    company_id           text NOT NULL DEFAULT '',
    category             text NOT NULL DEFAULT '' CHECK (category IN ('', 'A', 'B', 'C', 'D')),
    temperature          text NOT NULL DEFAULT 'cold' CHECK (temperature IN ('cold', 'warm', 'hot')),
    stage                text NOT NULL DEFAULT 'lead' CHECK (stage IN
                         ('lead', 'interest', 'request', 'refused_now', 'refused_target', 'not_target', 'customer', 'past_customer')),
    owner_id             bigint REFERENCES users,
    locale               text NOT NULL DEFAULT '',
    time_zone            text NOT NULL DEFAULT '',
    attributes           jsonb NOT NULL DEFAULT '{}',
    products             text[] NOT NULL DEFAULT '{}',
    source               text NOT NULL DEFAULT '',
    last_purchase_at     timestamptz,
    consent_basis        text NOT NULL DEFAULT '' CHECK (consent_basis IN
                         ('', 'opt_in', 'double_opt_in', 'contract', 'legitimate_interest')),
    consent_source       text NOT NULL DEFAULT '',
    consent_at           timestamptz,
    consent_text_version text NOT NULL DEFAULT '',
    consent_evidence     text NOT NULL DEFAULT '',
    -- when the sequences that this client belongs in must be decided anew: at
    -- once after a change, later where time alone changes the answer
    review_at            timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX clients_address ON clients (address) WHERE address <> '';
CREATE INDEX clients_owner ON clients (owner_id);
CREATE INDEX clients_review ON clients (review_at) WHERE review_at IS NOT NULL;

-- Who must not be mailed, and why. Scope '' is every automated letter, else the
-- name of one sequence. Kept when a client is erased.
CREATE TABLE suppressions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address    text NOT NULL CHECK (address <> ''),
    scope      text NOT NULL DEFAULT '',
    reason     text NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'manual')),
    source     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    UNIQUE (address, scope)
);

-- What happened in the CRM, once by its id.
CREATE TABLE events (
    id          text PRIMARY KEY,
    client_id   bigint NOT NULL REFERENCES clients ON DELETE CASCADE,
    type        text NOT NULL,
    at          timestamptz NOT NULL,
    data        jsonb NOT NULL DEFAULT '{}',
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_client ON events (client_id, at);

-- Answers to requests with an Idempotency-Key, replayed for 24 hours of wall time.
CREATE TABLE idempotency_keys (
    caller       text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status       integer,
    body         bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- What is kept of a client who was erased: for each letter of his a hash of the
-- address it went to, so that its unsubscribe link still works, and the hashes of
-- those who used it.
CREATE TABLE erased_letters (
    message_id   bigint PRIMARY KEY,
    address_hash bytea NOT NULL
);
CREATE TABLE refusals (
    address_hash bytea PRIMARY KEY,
    created_at   timestamptz NOT NULL
);

-- +goose StatementBegin
-- Salted with the link key: without the database a hash says nothing.
CREATE FUNCTION address_hash(address text) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$ SELECT sha256(coalesce((SELECT value FROM link_keys WHERE name = 'links'), ''::bytea) || convert_to(address, 'UTF8')) $$;
-- +goose StatementEnd
