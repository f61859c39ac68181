# SPDX-License-Identifier: MIT
# A daemon of our own beside the test's cluster; after common.bash.
#
#   setup() { need_cluster; make_penstock; }
#   teardown() { end_penstock; }

load ../support/grid

# make_penstock [LINES FOR slurm]: the grid is clean from two hours from now on, for an
# hour. Its state is $P.
make_penstock() {
    P=$BATS_TEST_TMPDIR/penstock
    mkdir -p "$P"
    export PENSTOCK_SOCKET=$P/socket
    DAEMON=
    write_grid 2
    cat >"$P/penstock.conf" <<CONF
[daemon]
state_dir = $P/state
socket = $P/socket
[provider test]
kind = file
path = $P/forecast.csv
[zone GB]
providers = test
actuals = test
[pool cluster]
executor = slurm
partition = main
zone = GB
[queue training]
policy = cleanest
max_wait = 24h
time = 1m
[planner]
ramp = off
[slurm]
conf = $SLURM_CONF
interval = 1s
timeout = 5s
lease = $P/lease
wake_socket = $P/wake
$1
CONF
}

# write_grid HOUR: only that hour from now is clean.
write_grid() {
    print_grid "$1" >"$P/forecast.new"
    mv "$P/forecast.new" "$P/forecast.csv"
}

start_daemon() {
    "$BUILD/penstockd" -c "$P/penstock.conf" "$@" 2>>"$P/log" 3>&- &
    DAEMON=$!
    eventually daemon_answers
}

daemon_answers() { penstock status >/dev/null 2>&1; }

kill_daemon() {
    kill -KILL "$DAEMON"
    wait "$DAEMON" 2>/dev/null || true
}

end_penstock() {
    local status=0
    if [ -n "$DAEMON" ] && kill -0 "$DAEMON" 2>/dev/null; then
        kill "$DAEMON"
        kill -CONT "$DAEMON" # it may have been stopped
        wait "$DAEMON" || status=$?
        [ $status -eq 0 ] || echo "the daemon ended with status $status" >&2
    fi
    [ ! -e "$CLUSTER/env.sh" ] || timeout 20 squeue -h -o %A | sort -u \
        | xargs -r timeout 20 scancel 2>/dev/null || true
    [ -z "$BATS_ERROR_STATUS" ] || tail -n 40 "$P/log" >&2
    return $status
}

penstock() { "$BUILD/penstock" "$@"; }

# job SLURM-NAME FIELD: what Penstock says of a job of Slurm, such as state.
job() {
    penstock list --all --json \
        | jq -r --arg name "$1" --arg field "$2" \
            '[.jobs[] | select(.slurm == $name)][0] | .[$field] // ""'
}

is_known() { [ -n "$(job "$1" id)" ]; }

has_state() { [ "$(job "$1" state)" = "$2" ]; }

# submit [OPTION…] -- COMMAND: a job that asks for it in its comment; prints its id.
submit() {
    local options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    sbatch --parsable -o "$BATS_TEST_TMPDIR/out-%j" -t 5 --gres=gpu:1 \
        --begin now+10hours --comment penstock:early "${options[@]}" --wrap "$*"
}

begins_in() { # begins_in JOB LEAST MOST: its begin time lies so many seconds ahead
    local ahead=$(($(begin "$1") - $(date +%s)))
    [ "$ahead" -ge "$2" ] && [ "$ahead" -le "$3" ]
}

is_deferred() { is_known "$1" && begins_in "$1" 35000 36000; }
