-- An app's id and sealed secret, in place of a token that does not expire.
ALTER TABLE connections ADD COLUMN client_id {{text}} NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN client_secret {{bytes}};
-- Why and since when the shop lets nothing be synced; the next try is next_at.
ALTER TABLE connections ADD COLUMN paused_reason {{text}};
ALTER TABLE connections ADD COLUMN paused_since {{micros}};
