# SPDX-License-Identifier: MIT
# Asks a back end of the test's cluster by tests/slurm/backend.c; after common.bash.

backend() { "$BUILD/tests/slurm_backend" "$@"; }

# job ID FIELD: of a listing.
job() { backend jobs | jq -r ".jobs[] | select(.id == $1) | .$2"; }

# gives FAILURE VERB…: that a call ends like that; "null" is well.
gives() {
    local answer
    answer=$(backend "${@:2}") || return 1
    [ "$(jq -r .failure <<<"$answer")" = "$1" ] || { echo "$answer" >&2; return 1; }
}

submit() { sbatch --parsable -t 5 -o /dev/null "$@"; }
