-- SPDX-License-Identifier: MIT
-- The interval around a forecast, packed like its levels; both or neither.

ALTER TABLE forecast ADD COLUMN low BLOB;
ALTER TABLE forecast ADD COLUMN high BLOB;
