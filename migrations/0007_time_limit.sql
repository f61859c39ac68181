-- SPDX-License-Identifier: MIT
-- The event time-limit-set. The table is made anew, for SQLite cannot change a CHECK.

CREATE TABLE event_new (
    job_id  INTEGER NOT NULL REFERENCES job (id),
    number  INTEGER NOT NULL CHECK (number > 0),
    kind    TEXT    NOT NULL CHECK (
        kind = 'submitted' OR kind = 'starting' OR kind = 'started'
        OR kind = 'finished' OR kind = 'broke' OR kind = 'eligible'
        OR kind = 'held' OR kind = 'released' OR kind = 'start-failed'
        OR kind = 'pausing' OR kind = 'paused' OR kind = 'requeued'
        OR kind = 'cancel-asked' OR kind = 'cancelled' OR kind = 'priority-set'
        OR kind = 'deadline-set' OR kind = 'max-wait-set' OR kind = 'now-set'
        OR kind = 'late' OR kind = 'idle' OR kind = 'busy' OR kind = 'time-limit-set'),
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

DROP TABLE event;
ALTER TABLE event_new RENAME TO event;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
    SELECT RAISE (ABORT, 'events are never changed');
END;
