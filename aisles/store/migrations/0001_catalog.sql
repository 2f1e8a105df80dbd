CREATE TABLE partners (
  key {{text}} NOT NULL PRIMARY KEY,
  name {{text}} NOT NULL,
  currency {{text}} NOT NULL,
  created_at {{micros}} NOT NULL,
  updated_at {{micros}} NOT NULL
) {{strict}};

-- One row per product ever seen; removed_at makes it a tombstone. A facet's
-- position is that of its last change, position the newest of them.
CREATE TABLE products (
  id {{id}},
  partner {{text}} NOT NULL,
  key {{text}} NOT NULL,
  title {{text}} NOT NULL,
  status {{text}} NOT NULL,
  product {{text}} NOT NULL,
  fp_version {{int}} NOT NULL,
  content {{text}} NOT NULL,
  media {{text}} NOT NULL,
  inventory {{text}} NOT NULL,
  metadata {{text}} NOT NULL,
  publication {{text}} NOT NULL,
  content_at {{int}} NOT NULL,
  media_at {{int}} NOT NULL,
  inventory_at {{int}} NOT NULL,
  metadata_at {{int}} NOT NULL,
  publication_at {{int}} NOT NULL,
  position {{int}} NOT NULL,
  removed_at {{micros}},
  UNIQUE (partner, key)
) {{strict}};
CREATE INDEX products_feed ON products (position, id);
CREATE INDEX products_partner_feed ON products (partner, position, id);
CREATE INDEX products_tombstones ON products (removed_at) WHERE removed_at IS NOT NULL;

-- The feed's single row. On SQLite position is the last one given; on
-- PostgreSQL it is what is added to transaction ids. pruned is the newest
-- position of a tombstone that is gone.
CREATE TABLE feed (
  one {{int}} NOT NULL PRIMARY KEY CHECK (one = 1),
  position {{int}} NOT NULL,
  pruned {{int}} NOT NULL
) {{strict}};
INSERT INTO feed (one, position, pruned) VALUES (1, 0, 0);

-- Every start of a process begins an epoch at the feed's end.
CREATE TABLE epochs (
  seq {{id}},
  id {{text}} NOT NULL UNIQUE,
  position {{int}} NOT NULL,
  started_at {{micros}} NOT NULL
) {{strict}};
