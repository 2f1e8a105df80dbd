-- Which job may work on a run: 0 until the feed was read for it, then a number
-- that every new attempt raises.
ALTER TABLE runs ADD COLUMN ticket {{int}} NOT NULL DEFAULT 0;
