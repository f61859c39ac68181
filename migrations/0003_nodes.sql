-- SPDX-License-Identifier: MIT
-- Pausing, idle GPUs, measured energy, and pools that stay drained. The tables job and
-- event are made anew, for SQLite cannot change a CHECK: cause 7 memory, 8 idle; events
-- idle and busy. So is job_after, which refers to job; a rename takes references along.

CREATE TABLE job_new (
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
    ran            INTEGER NOT NULL DEFAULT 0,
    idle_since     INTEGER NOT NULL DEFAULT 0,
    grace          INTEGER NOT NULL,
    signal         INTEGER NOT NULL,
    exit_status    INTEGER NOT NULL,
    exit_signal    INTEGER NOT NULL,
    cause          INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 8),
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

INSERT INTO job_new (
    id, array_id, array_index, array_limit, uid, state, attempt, priority, gpus,
    gpus_max, cpus, power, memory, gpu_mask, time, time_limit, max_wait, submitted,
    begin, deadline, eligible, started, ended, grace, signal, exit_status, exit_signal,
    cause, interruptible, requeue, now, late, cancelling, after_pending, pool, owner_id,
    name, project, queue, pools, zones, directory, output, error, arguments,
    arguments_id, script_id, environment_id)
SELECT
    id, array_id, array_index, array_limit, uid, state, attempt, priority, gpus,
    gpus_max, cpus, power, memory, gpu_mask, time, time_limit, max_wait, submitted,
    begin, deadline, eligible, started, ended, grace, signal, exit_status, exit_signal,
    cause, interruptible, requeue, now, late, cancelling, after_pending, pool, owner_id,
    name, project, queue, pools, zones, directory, output, error, arguments,
    arguments_id, script_id, environment_id
FROM job ORDER BY id;

CREATE TABLE event_new (
    job_id  INTEGER NOT NULL REFERENCES job_new (id),
    number  INTEGER NOT NULL CHECK (number > 0),
    kind    TEXT    NOT NULL CHECK (
        kind = 'submitted' OR kind = 'starting' OR kind = 'started'
        OR kind = 'finished' OR kind = 'broke' OR kind = 'eligible'
        OR kind = 'held' OR kind = 'released' OR kind = 'start-failed'
        OR kind = 'pausing' OR kind = 'paused' OR kind = 'requeued'
        OR kind = 'cancel-asked' OR kind = 'cancelled' OR kind = 'priority-set'
        OR kind = 'deadline-set' OR kind = 'max-wait-set' OR kind = 'now-set'
        OR kind = 'late' OR kind = 'idle' OR kind = 'busy'),
    at      INTEGER NOT NULL,
    actor   INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    cause   INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 8),
    status  INTEGER NOT NULL,
    signal  INTEGER NOT NULL,
    value   INTEGER NOT NULL,
    pool    TEXT    NOT NULL,
    text    TEXT    NOT NULL,
    PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO event_new (
    job_id, number, kind, at, actor, attempt, cause, status, signal, value, pool, text)
SELECT
    job_id, number, kind, at, actor, attempt, cause, status, signal, value, pool, text
FROM event ORDER BY job_id, number;

CREATE TABLE job_after_new (
    job_id   INTEGER NOT NULL REFERENCES job_new (id),
    after_id INTEGER NOT NULL,
    PRIMARY KEY (job_id, after_id)
) STRICT, WITHOUT ROWID;

INSERT INTO job_after_new (job_id, after_id) SELECT job_id, after_id FROM job_after;

DROP TABLE event;
DROP TABLE job_after;
DROP TABLE job;
ALTER TABLE job_new RENAME TO job;
ALTER TABLE job_after_new RENAME TO job_after;
ALTER TABLE event_new RENAME TO event;

CREATE INDEX job_after_by_after ON job_after (after_id);

-- Lists by state, by owner, and by both, newest first; the open jobs are states 1 to 6.
CREATE INDEX job_by_state ON job (state);
CREATE INDEX job_by_owner ON job (owner_id, state);

-- For pruning, and for what the ledger looks at.
CREATE INDEX job_by_end ON job (ended) WHERE state >= 7;

-- For run times to expect: of jobs whose last attempt was the whole of their work.
CREATE INDEX job_run ON job (uid, name, gpus, ended)
    WHERE state = 7 AND (attempt = 1 OR interruptible = 0);

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
    SELECT RAISE (ABORT, 'events are never changed');
END;

-- What an attempt took, in joules at the machine, without PUE. idle_joules is the part
-- that its GPUs would have drawn anyhow. A part that was not measured is NULL.
CREATE TABLE energy (
    job_id      INTEGER NOT NULL REFERENCES job (id),
    attempt     INTEGER NOT NULL,
    pool        TEXT    NOT NULL,
    begins      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    gpu_joules  INTEGER CHECK (gpu_joules >= 0),
    cpu_joules  INTEGER CHECK (cpu_joules >= 0),
    idle_joules INTEGER NOT NULL CHECK (idle_joules >= 0),
    PRIMARY KEY (job_id, attempt)
) STRICT, WITHOUT ROWID;

-- What a pool's GPUs drew while no job had them, hour by hour.
CREATE TABLE idle_energy (
    pool   TEXT    NOT NULL,
    begins INTEGER NOT NULL,
    joules INTEGER NOT NULL CHECK (joules >= 0),
    PRIMARY KEY (pool, begins)
) STRICT, WITHOUT ROWID;

-- Pools in which nothing new starts until somebody resumes them; reason: of the daemon's
-- own, '' when an administrator drained it.
CREATE TABLE drained (
    pool   TEXT PRIMARY KEY,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
