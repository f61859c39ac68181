-- SPDX-License-Identifier: MIT
-- Elastic jobs: `gpus` is what a job holds, or held last; it asked for gpus_min to
-- gpus_max. Until now all had the least, and what may be paused keeps to it.

ALTER TABLE job ADD COLUMN gpus_min INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN scaling INTEGER NOT NULL DEFAULT 90;
UPDATE job SET gpus_min = gpus WHERE gpus > 0;
UPDATE job SET gpus_max = gpus WHERE gpus_max > gpus AND (interruptible = 1 OR gpus = 0);
