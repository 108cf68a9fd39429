-- +goose Up

-- Every ground for mailing a client that was ever recorded, and its withdrawal: who
-- mails must prove the consent (38-FZ 18.1, GDPR 7.1). Triggers write it, so that
-- nothing that changes a client can forget to.
CREATE TABLE consents (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id    bigint NOT NULL, -- no foreign key: the bulk upsert would pay for it
    basis        text NOT NULL,   -- '': withdrawn
    source       text NOT NULL,
    at           timestamptz,
    text_version text NOT NULL,
    evidence     text NOT NULL,
    recorded_at  timestamptz NOT NULL
);
CREATE INDEX consents_client ON consents (client_id, id);
INSERT INTO consents (client_id, basis, source, at, text_version, evidence, recorded_at)
    SELECT id, consent_basis, consent_source, consent_at, consent_text_version, consent_evidence, updated_at FROM clients WHERE consent_basis <> '';

-- +goose StatementBegin
CREATE FUNCTION note_consents() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO consents (client_id, basis, source, at, text_version, evidence, recorded_at)
        SELECT id, consent_basis, consent_source, consent_at, consent_text_version, consent_evidence, business_now() FROM added WHERE consent_basis <> '';
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER note_consents_insert AFTER INSERT ON clients
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_consents();

-- +goose StatementBegin
CREATE FUNCTION note_consent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO consents (client_id, basis, source, at, text_version, evidence, recorded_at)
        VALUES (NEW.id, NEW.consent_basis, NEW.consent_source, NEW.consent_at, NEW.consent_text_version, NEW.consent_evidence, business_now());
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- A row at a time, because WHEN costs nothing for the many updates that do not touch the consent.
CREATE TRIGGER note_consent_update AFTER UPDATE ON clients FOR EACH ROW
    WHEN ((OLD.consent_basis, OLD.consent_source, OLD.consent_at, OLD.consent_text_version, OLD.consent_evidence)
        IS DISTINCT FROM (NEW.consent_basis, NEW.consent_source, NEW.consent_at, NEW.consent_text_version, NEW.consent_evidence))
    EXECUTE FUNCTION note_consent();

-- What people have done that others must be able to check later.
CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL, -- business time
    actor   text NOT NULL,        -- a user's address, or key:ID
    action  text NOT NULL,
    subject text NOT NULL,        -- what it was done to, such as an address
    data    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_subject ON audit (subject, id);

ALTER TABLE suppressions ADD note text NOT NULL DEFAULT ''; -- for people
