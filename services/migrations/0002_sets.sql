-- One row a finished set. body is the whole message as JSON; the columns are for asking.
CREATE TABLE set_done (
    id TEXT PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL REFERENCES session (session_id),
    station TEXT NOT NULL,
    set_index INTEGER NOT NULL,
    drill TEXT NOT NULL,
    stage TEXT NOT NULL,
    wall_time TEXT NOT NULL,
    wall_ms INTEGER,
    clock_synced INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    ended TEXT NOT NULL,
    reps INTEGER NOT NULL,
    good INTEGER NOT NULL,
    unscored INTEGER NOT NULL,
    main_fault TEXT,
    stop_advised INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX set_session ON set_done (session_id, id);
CREATE INDEX set_wall ON set_done (wall_ms);
