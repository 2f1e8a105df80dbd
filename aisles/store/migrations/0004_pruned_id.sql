-- The forgotten tombstone is a place in the feed: position and row id. A page
-- may end between two removals of one position.
ALTER TABLE feed ADD COLUMN pruned_id {{int}} NOT NULL DEFAULT 0;
