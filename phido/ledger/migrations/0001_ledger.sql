CREATE TABLE connections (
  partner {{text}} NOT NULL PRIMARY KEY,
  shop {{text}} NOT NULL UNIQUE,
  endpoint {{text}} NOT NULL,
  token {{bytes}} NOT NULL,
  settings {{text}} NOT NULL,
  interval_seconds {{int}} NOT NULL,
  facts {{text}},
  shapes {{text}},
  sweep {{bool}} NOT NULL,
  next_at {{micros}} NOT NULL,
  created_at {{micros}} NOT NULL,
  updated_at {{micros}} NOT NULL
) {{strict}};

-- The right to run. A take-over raises the fence, and every guarded write
-- checks it.
CREATE TABLE leases (
  name {{text}} NOT NULL PRIMARY KEY,
  holder {{text}} NOT NULL,
  fence {{int}} NOT NULL,
  expires_at {{micros}} NOT NULL
) {{strict}};

CREATE TABLE feed (
  one {{int}} NOT NULL PRIMARY KEY CHECK (one = 1),
  after {{text}} NOT NULL,
  sweep {{int}} NOT NULL
) {{strict}};
INSERT INTO feed (one, after, sweep) VALUES (1, '', 0);

-- What the feed brought and no shop has yet. A removal is the row of the facet
-- content with removed.
CREATE TABLE pending (
  partner {{text}} NOT NULL,
  key {{text}} NOT NULL,
  facet {{text}} NOT NULL,
  fingerprint {{text}} NOT NULL,
  removed {{bool}} NOT NULL,
  approved {{bool}} NOT NULL,
  since {{micros}} NOT NULL,
  tries {{int}} NOT NULL,
  error {{text}},
  aside_until {{micros}},
  PRIMARY KEY (partner, key, facet)
) {{strict}};

CREATE INDEX pending_facet ON pending (partner, facet, key);

-- The products of a partner that are in its shop, or may be.
CREATE TABLE known (
  partner {{text}} NOT NULL,
  key {{text}} NOT NULL,
  state {{text}} NOT NULL,
  ids {{text}} NOT NULL,
  variants {{int}} NOT NULL,
  seen {{int}} NOT NULL,
  PRIMARY KEY (partner, key)
) {{strict}};

-- The last confirmed document of each facet, deflated, in base64.
CREATE TABLE confirmed (
  partner {{text}} NOT NULL,
  key {{text}} NOT NULL,
  facet {{text}} NOT NULL,
  fingerprint {{text}} NOT NULL,
  shape {{text}} NOT NULL,
  document {{text}} NOT NULL,
  confirmed_at {{micros}} NOT NULL,
  PRIMARY KEY (partner, key, facet)
) {{strict}};

CREATE TABLE passes (
  id {{text}} NOT NULL PRIMARY KEY,
  aisles_requests {{int}} NOT NULL,
  changes {{int}} NOT NULL
) {{strict}};

CREATE TABLE runs (
  id {{text}} NOT NULL PRIMARY KEY,
  partner {{text}} NOT NULL,
  routine {{text}} NOT NULL,
  dry_run {{bool}} NOT NULL,
  status {{text}} NOT NULL,
  pass {{text}} NOT NULL,
  body {{text}} NOT NULL
) {{strict}};
CREATE INDEX runs_partner ON runs (partner, id);
CREATE INDEX runs_open ON runs (status) WHERE status IN ('waiting', 'running', 'held');
CREATE UNIQUE INDEX runs_waiting ON runs (partner, routine, dry_run) WHERE status = 'waiting' AND pass = '';

CREATE TABLE actions (
  run {{text}} NOT NULL,
  key {{text}} NOT NULL,
  partner {{text}} NOT NULL,
  removal {{bool}} NOT NULL,
  body {{text}} NOT NULL,
  acted_at {{micros}} NOT NULL,
  PRIMARY KEY (run, key)
) {{strict}};
CREATE INDEX actions_product ON actions (partner, key, acted_at);
CREATE INDEX actions_removals ON actions (partner, acted_at) WHERE removal;

-- What a held run asks a person about.
CREATE TABLE held (
  run {{text}} NOT NULL,
  key {{text}} NOT NULL,
  facet {{text}} NOT NULL,
  fingerprint {{text}} NOT NULL,
  removed {{bool}} NOT NULL,
  PRIMARY KEY (run, key, facet)
) {{strict}};

CREATE TABLE mode (
  one {{int}} NOT NULL PRIMARY KEY CHECK (one = 1),
  mode {{text}} NOT NULL,
  reason {{text}} NOT NULL,
  set_by {{text}} NOT NULL,
  since {{micros}} NOT NULL
) {{strict}};
INSERT INTO mode (one, mode, reason, set_by, since) VALUES (1, 'sequential', 'default', '', 0);
