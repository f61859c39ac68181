-- SPDX-License-Identifier: MIT
-- What is remembered of the grid, and of what the pools could take.

-- Who says something about a zone, and what kind of figure it is. Figures of different
-- sources are never mixed.
CREATE TABLE source (
    id        INTEGER PRIMARY KEY,
    zone      TEXT    NOT NULL,
    provider  TEXT    NOT NULL,
    signal    TEXT    NOT NULL,
    unit      TEXT    NOT NULL DEFAULT 'mgCO2eq/kWh' CHECK (unit = 'mgCO2eq/kWh'),
    synthetic INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
    UNIQUE (zone, provider, signal, synthetic)
) STRICT;

-- Forecasts as they were issued; the steps are packed as queue/sqlite/steps.h says.
CREATE TABLE forecast (
    id        INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id),
    issued    INTEGER NOT NULL,
    fetched   INTEGER NOT NULL,
    begins    INTEGER NOT NULL,
    ends      INTEGER NOT NULL CHECK (ends > begins),
    intensity BLOB    NOT NULL,
    renewable BLOB
) STRICT;

CREATE INDEX forecast_by_fetch ON forecast (source_id, fetched, ends);
CREATE INDEX forecast_by_end ON forecast (ends);

-- Actuals as last revised, in mg/kWh. Those of one source do not overlap.
CREATE TABLE actual (
    source_id INTEGER NOT NULL REFERENCES source (id),
    begins    INTEGER NOT NULL,
    ends      INTEGER NOT NULL CHECK (ends > begins),
    level     INTEGER NOT NULL CHECK (level >= 0),
    PRIMARY KEY (source_id, begins)
) STRICT, WITHOUT ROWID;

-- What a pool has from a moment on; memory in MiB.
CREATE TABLE capacity (
    pool   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    gpus   INTEGER NOT NULL,
    cpus   INTEGER NOT NULL,
    memory INTEGER NOT NULL,
    PRIMARY KEY (pool, at)
) STRICT, WITHOUT ROWID;
