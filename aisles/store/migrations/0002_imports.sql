CREATE TABLE imports (
  id {{text}} NOT NULL PRIMARY KEY,
  partner {{text}} NOT NULL,
  body {{text}} NOT NULL,
  started_at {{micros}} NOT NULL
) {{strict}};
CREATE INDEX imports_partner ON imports (partner, id);

-- The products a full feed has named, until those it has not are removed.
CREATE TABLE seen (
  import {{text}} NOT NULL,
  key {{text}} NOT NULL,
  PRIMARY KEY (import, key)
) {{strict}};
