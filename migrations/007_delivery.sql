-- +goose Up

-- When enrollments are due, apart from them: their rows then change twice a letter
-- without any index being touched (HOT updates). A row here is a hint and taken
-- out when it is followed; the enrollment's own next_at decides. Triggers write
-- the hints, so that no statement can forget one.
CREATE TABLE due (
    at            timestamptz NOT NULL,
    enrollment_id bigint NOT NULL
);
CREATE INDEX due_at ON due (at);
INSERT INTO due SELECT next_at, id FROM enrollments WHERE state = 'active' AND next_at IS NOT NULL;
DROP INDEX enrollments_due;
ALTER TABLE enrollments SET (fillfactor = 50);

-- +goose StatementBegin
CREATE FUNCTION note_due() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO due SELECT next_at, id FROM changed WHERE state = 'active' AND next_at IS NOT NULL;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER note_due_insert AFTER INSERT ON enrollments
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_due();
CREATE TRIGGER note_due_update AFTER UPDATE ON enrollments
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_due();

-- What letters said, written once with T2: one row for all letters of a group
-- commit, arrays in step; messages say where each letter stands (from 1). Where
-- its own links lead, by place; NULL if no letter has any.
CREATE TABLE contents (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subjects      text[] NOT NULL,
    recipients    text[] NOT NULL,
    letter_hashes bytea[] NOT NULL,
    personals     bytea[] NOT NULL,
    destinations  jsonb
);
-- Encoded for the wire and read one by one: compressing would cost more than it saves.
ALTER TABLE contents ALTER subjects SET STORAGE EXTERNAL, ALTER recipients SET STORAGE EXTERNAL, ALTER letter_hashes SET STORAGE EXTERNAL, ALTER personals SET STORAGE EXTERNAL, ALTER destinations SET STORAGE EXTERNAL;

-- subject and recipient stay in the row of a letter that was refused before it
-- had a content; all others grow little when they are settled, and are HOT updates.
ALTER TABLE messages ADD content_id bigint, ADD content_place integer;
-- +goose StatementBegin
DO $$ DECLARE letter record; content bigint; BEGIN
    FOR letter IN SELECT id, subject, recipient, letter_hash, personal, destinations FROM messages WHERE personal IS NOT NULL LOOP
        INSERT INTO contents (subjects, recipients, letter_hashes, personals, destinations)
        VALUES (ARRAY[letter.subject], ARRAY[letter.recipient], ARRAY[letter.letter_hash], ARRAY[letter.personal], jsonb_build_array(to_jsonb(letter.destinations))) RETURNING id INTO content;
        UPDATE messages SET content_id = content, content_place = 1, subject = '', recipient = '' WHERE id = letter.id;
    END LOOP;
END $$;
-- +goose StatementEnd
ALTER TABLE messages DROP letter_hash, DROP personal, DROP destinations, SET (fillfactor = 50);

-- T2: letters whose body may be on the wire, one row for all of a group commit. It
-- goes when they are all settled; those of a dead worker that are not, are
-- unconfirmed; contents, under the same id, has what they say.
-- Letters of a worker that died unnoticed before this migration are unconfirmed now.
WITH doubtful AS (
    UPDATE messages m SET state = 'unconfirmed', sent_at = business_now(), attempts = m.attempts + 1, reason = 'the worker died while this letter was on the wire'
    FROM transmissions t WHERE m.id = ANY(t.message_ids) AND m.chunk_id = t.chunk_id AND m.state = 'planned' RETURNING m.enrollment_id
)
UPDATE enrollments e SET waiting = CASE WHEN e.state = 'ended' THEN '' ELSE 'unconfirmed' END, next_at = NULL
FROM doubtful d WHERE e.id = d.enrollment_id;
DROP TABLE transmissions;
CREATE TABLE transmissions (
    id          bigint PRIMARY KEY,
    worker_id   integer NOT NULL,
    message_ids bigint[] NOT NULL,
    chunk_ids   bigint[] NOT NULL,
    fences      bigint[] NOT NULL,
    places      integer[] NOT NULL
);
