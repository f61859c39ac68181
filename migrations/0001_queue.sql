-- SPDX-License-Identifier: MIT
-- The queue: what was asked for, what came of it, and every event in between.
-- Times are seconds of UTC since 1970, lengths seconds, memory MiB; 0 is "none".

-- How this database is run, in one row.
CREATE TABLE meta (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    clock_rate      INTEGER NOT NULL CHECK (clock_rate > 0),
    clock_start     INTEGER NOT NULL,
    clock_anchor_ms INTEGER NOT NULL,
    boot_id         TEXT    NOT NULL,
    last_id         INTEGER NOT NULL CHECK (last_id >= 0)
) STRICT;

-- Whose jobs there are: a uid under the name that it had at submission.
CREATE TABLE owner (
    id   INTEGER PRIMARY KEY,
    uid  INTEGER NOT NULL,
    name TEXT    NOT NULL,
    UNIQUE (uid, name)
) STRICT;

-- Scripts, environments and long arguments, once for each distinct content as far as
-- the hash (FNV-1a, 64 bits) finds it. How many jobs use one stands apart, so that
-- counting does not rewrite the bytes.
CREATE TABLE blob (
    id    INTEGER PRIMARY KEY,
    hash  INTEGER NOT NULL,
    bytes BLOB    NOT NULL
) STRICT;

CREATE INDEX blob_by_hash ON blob (hash);

CREATE TABLE blob_use (
    blob_id INTEGER PRIMARY KEY REFERENCES blob (id) ON DELETE CASCADE,
    uses    INTEGER NOT NULL
) STRICT;

-- A job as it is now. state: 1 waiting, 2 held, 3 starting, 4 running, 5 pausing,
-- 6 paused, 7 done, 8 failed, 9 cancelled. cause: 1 exit, 2 time limit, 3 lost, 4 not
-- started, 5 user, 6 dependency. Texts in blob are not declared as references: the
-- check would look through all jobs whenever one of them goes.
CREATE TABLE job (
    id             INTEGER PRIMARY KEY,
    array_id       INTEGER NOT NULL,
    array_index    INTEGER NOT NULL,
    array_limit    INTEGER NOT NULL,
    uid            INTEGER NOT NULL,
    state          INTEGER NOT NULL CHECK (state BETWEEN 1 AND 9),
    attempt        INTEGER NOT NULL,
    priority       INTEGER NOT NULL,
    gpus           INTEGER NOT NULL,
    gpus_max       INTEGER NOT NULL,
    cpus           INTEGER NOT NULL,
    power          INTEGER NOT NULL,
    memory         INTEGER NOT NULL,
    gpu_mask       INTEGER NOT NULL,
    time           INTEGER NOT NULL,
    time_limit     INTEGER NOT NULL,
    max_wait       INTEGER NOT NULL,
    submitted      INTEGER NOT NULL,
    begin          INTEGER NOT NULL,
    deadline       INTEGER NOT NULL,
    eligible       INTEGER NOT NULL,
    started        INTEGER NOT NULL,
    ended          INTEGER NOT NULL,
    grace          INTEGER NOT NULL,
    signal         INTEGER NOT NULL,
    exit_status    INTEGER NOT NULL,
    exit_signal    INTEGER NOT NULL,
    cause          INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 6),
    interruptible  INTEGER NOT NULL CHECK (interruptible IN (0, 1)),
    requeue        INTEGER NOT NULL CHECK (requeue IN (0, 1)),
    now            INTEGER NOT NULL CHECK (now IN (0, 1)),
    late           INTEGER NOT NULL CHECK (late IN (0, 1)),
    cancelling     INTEGER NOT NULL CHECK (cancelling IN (0, 1)),
    after_pending  INTEGER NOT NULL CHECK (after_pending IN (0, 1)),
    pool           TEXT    NOT NULL DEFAULT '',
    owner_id       INTEGER NOT NULL REFERENCES owner (id),
    name           TEXT,
    project        TEXT,
    queue          TEXT,
    pools          TEXT,
    zones          TEXT,
    directory      TEXT,
    output         TEXT,
    error          TEXT,
    arguments      BLOB,
    arguments_id   INTEGER,
    script_id      INTEGER,
    environment_id INTEGER
) STRICT;

-- Lists by state, by owner, and by both, newest first; the open jobs are states 1 to 6.
CREATE INDEX job_by_state ON job (state);
CREATE INDEX job_by_owner ON job (owner_id, state);

-- For pruning, and for what the ledger looks at.
CREATE INDEX job_by_end ON job (ended) WHERE state >= 7;

-- For run times to expect: of jobs whose last attempt was the whole of their work.
CREATE INDEX job_run ON job (uid, name, gpus, ended)
    WHERE state = 7 AND (attempt = 1 OR interruptible = 0);

CREATE TABLE job_after (
    job_id   INTEGER NOT NULL REFERENCES job (id),
    after_id INTEGER NOT NULL,
    PRIMARY KEY (job_id, after_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX job_after_by_after ON job_after (after_id);

-- How many jobs are in each state, kept by whoever moves them.
CREATE TABLE tally (
    state INTEGER PRIMARY KEY CHECK (state BETWEEN 1 AND 9),
    jobs  INTEGER NOT NULL CHECK (jobs >= 0)
) STRICT;

INSERT INTO tally (state, jobs)
VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0);

-- What happened to a job, numbered from 1. The kinds are compared one by one: a list
-- would be built anew for each row.
CREATE TABLE event (
    job_id  INTEGER NOT NULL REFERENCES job (id),
    number  INTEGER NOT NULL CHECK (number > 0),
    kind    TEXT    NOT NULL CHECK (
        kind = 'submitted' OR kind = 'starting' OR kind = 'started'
        OR kind = 'finished' OR kind = 'broke' OR kind = 'eligible'
        OR kind = 'held' OR kind = 'released' OR kind = 'start-failed'
        OR kind = 'pausing' OR kind = 'paused' OR kind = 'requeued'
        OR kind = 'cancel-asked' OR kind = 'cancelled' OR kind = 'priority-set'
        OR kind = 'deadline-set' OR kind = 'max-wait-set' OR kind = 'now-set'
        OR kind = 'late'),
    at      INTEGER NOT NULL,
    actor   INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    cause   INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 6),
    status  INTEGER NOT NULL,
    signal  INTEGER NOT NULL,
    value   INTEGER NOT NULL,
    pool    TEXT    NOT NULL,
    text    TEXT    NOT NULL,
    PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
    SELECT RAISE (ABORT, 'events are never changed');
END;
