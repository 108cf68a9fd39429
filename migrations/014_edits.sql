-- +goose Up

-- Who is in which version of a sequence: publishing moves people, and asks how many.
-- None of its columns changes with a letter, so rows are still updated in place.
CREATE INDEX enrollments_version ON enrollments (version_id, id) WHERE state <> 'ended';

-- It was taken to a newer version on its way: it may come to steps again that were
-- done before, under these or other names.
ALTER TABLE enrollments ADD edited boolean NOT NULL DEFAULT false;

-- The file is gone, and whoever is still in the sequence is to end, too.
ALTER TABLE sequences ADD ending boolean NOT NULL DEFAULT false;
