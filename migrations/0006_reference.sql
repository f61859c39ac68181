-- SPDX-License-Identifier: MIT
-- Jobs that another scheduler runs, under the name that it knows them by.

ALTER TABLE job ADD COLUMN reference TEXT;

CREATE INDEX job_by_reference ON job (reference) WHERE reference IS NOT NULL;
