-- One row a visit. Made by whichever message of it arrives first.
CREATE TABLE session (
    session_id TEXT PRIMARY KEY NOT NULL,
    station TEXT NOT NULL,
    drill TEXT,
    stage TEXT,
    open_id TEXT,
    opened_at TEXT,
    close_id TEXT,
    closed_at TEXT,
    close_reason TEXT,
    clock_synced INTEGER,
    wall_ms INTEGER,
    first_received_ms INTEGER NOT NULL
) STRICT;

-- Opening and closing messages as they came: the same id twice is stored once.
CREATE TABLE session_event (
    id TEXT PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL REFERENCES session (session_id),
    received_ms INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX session_event_session ON session_event (session_id);

-- One row a rep. body is the whole message as JSON; the columns are for asking.
CREATE TABLE rep (
    id TEXT PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL REFERENCES session (session_id),
    station TEXT NOT NULL,
    set_index INTEGER NOT NULL,
    rep_index INTEGER NOT NULL,
    drill TEXT NOT NULL,
    stage TEXT NOT NULL,
    wall_time TEXT NOT NULL,
    wall_ms INTEGER,
    clock_synced INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    valid INTEGER NOT NULL,
    contacts TEXT NOT NULL,
    side TEXT,
    peak_tilt_deg REAL,
    hip_travel_mm REAL,
    hip_drop_mm REAL,
    hip_return_mm REAL,
    hinge_ratio REAL,
    shin_angle_deg REAL,
    knee_flexion_deg REAL,
    drop_angle_deg REAL,
    excess_drop_mm REAL,
    early_drop_mm REAL,
    onset_lag_s REAL,
    peak_rate_dps REAL,
    t_down_s REAL NOT NULL,
    t_hold_s REAL NOT NULL,
    t_up_s REAL NOT NULL,
    loss_head_ms INTEGER,
    loss_thoracic_ms INTEGER,
    loss_sacrum_ms INTEGER,
    beam_off_hip INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX rep_session ON rep (session_id, id, verdict);
CREATE INDEX rep_verdict ON rep (verdict, id);
CREATE INDEX rep_wall ON rep (wall_ms);

-- The same id with other content: kept, said, never written over the first.
CREATE TABLE quarantine (
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    body TEXT NOT NULL,
    PRIMARY KEY (id, digest)
) STRICT;

-- What can never be stored as a message: kept raw, so that nothing is lost.
CREATE TABLE poison (
    digest TEXT PRIMARY KEY NOT NULL,
    received_ms INTEGER NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    reason TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;
