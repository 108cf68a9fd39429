-- +goose Up

-- Every publication keeps the folder as it was, so that what a client is in the
-- middle of can be read back for ever.
CREATE TABLE publications (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash         bytea NOT NULL,
    published_at timestamptz NOT NULL
);

CREATE TABLE publication_files (
    publication_id bigint NOT NULL REFERENCES publications,
    path           text NOT NULL,
    body           bytea NOT NULL,
    PRIMARY KEY (publication_id, path)
);

CREATE TABLE sequences (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    -- the version that new enrollments get; NULL once the file is gone
    version_id bigint
);

CREATE TABLE sequence_versions (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence_id    bigint NOT NULL REFERENCES sequences,
    number         integer NOT NULL,
    publication_id bigint NOT NULL REFERENCES publications,
    path           text NOT NULL,
    source         text NOT NULL,
    UNIQUE (sequence_id, number)
);
ALTER TABLE sequences ADD FOREIGN KEY (version_id) REFERENCES sequence_versions;

CREATE TABLE segments (
    name       text PRIMARY KEY,
    title      text NOT NULL DEFAULT '',
    source     text NOT NULL,
    -- 'content' comes and goes with the folder, 'api' with the CRM
    origin     text NOT NULL CHECK (origin IN ('content', 'api')),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The fixed parts of letters, encoded for the wire, once by their hash, and the
-- destinations of their links ('' where a letter has its own).
CREATE TABLE letters (
    hash         bytea PRIMARY KEY,
    template     text NOT NULL,
    locale       text NOT NULL,
    fixed        bytea NOT NULL,
    destinations text[] NOT NULL
);
