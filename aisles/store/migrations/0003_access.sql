CREATE TABLE tokens (
  id {{text}} NOT NULL PRIMARY KEY,
  hash {{bytes}} NOT NULL UNIQUE,
  class {{text}} NOT NULL,
  partner {{text}} NOT NULL,
  note {{text}} NOT NULL,
  created_at {{micros}} NOT NULL,
  revoked_at {{micros}}
) {{strict}};

-- Answers to POSTs that carried an Idempotency-Key, for a day.
CREATE TABLE answers (
  key {{text}} NOT NULL PRIMARY KEY,
  request {{bytes}} NOT NULL,
  status {{int}} NOT NULL,
  content_type {{text}} NOT NULL,
  body {{bytes}} NOT NULL,
  answered_at {{micros}} NOT NULL
) {{strict}};
CREATE INDEX answers_age ON answers (answered_at);
