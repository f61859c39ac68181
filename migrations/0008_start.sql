-- SPDX-License-Identifier: MIT
-- The last starts of each pool of another scheduler: how long jobs queue there. Of a
-- dry run nothing is learnt.

CREATE INDEX job_by_start ON job (pool, started)
    WHERE reference NOT GLOB 'dry-run/*' AND started > 0;
