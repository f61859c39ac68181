# SPDX-License-Identifier: MIT
# For the end-to-end tests: a daemon of their own in a directory of their own. They wait
# for events, never for time, and give up after a bound.

load ../support/grid

BUILD=${BUILD:-$PWD/build}
BOUND=${BOUND:-60} # seconds

setup() {
    HOME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/penstock-e2e.XXXXXX")
    export PENSTOCK_SOCKET=$HOME_DIR/socket
    DAEMON=
    ROOT=$PWD
    write_config
    cd "$HOME_DIR" || return 1
}

teardown() {
    local status=0
    if [ -n "$DAEMON" ] && kill -0 "$DAEMON" 2>/dev/null; then
        cancel_all
        kill "$DAEMON" 2>/dev/null
        wait "$DAEMON" 2>/dev/null || status=$?
        [ $status -eq 0 ] || echo "the daemon ended with status $status" >&2
    fi
    # What still runs belongs to this test alone: its directory is in the arguments.
    pkill -KILL -f "penstock-runner run $HOME_DIR" 2>/dev/null
    cd "$ROOT" || return 1
    [ -z "$BATS_ERROR_STATUS" ] || tail -n 30 "$HOME_DIR/log" >&2 2>/dev/null
    rm -rf "$HOME_DIR"
    return $status
}

# write_config [LINES FOR daemon]: four GPU slots, a clean hour two hours from now.
write_config() {
    print_grid 2 >"$HOME_DIR/forecast.csv"
    cat >"$HOME_DIR/penstock.conf" <<CONF
[daemon]
state_dir = $HOME_DIR/state
socket = $HOME_DIR/socket
default_queue = green
$1
[provider test]
kind = file
path = $HOME_DIR/forecast.csv
[zone GB]
providers = test
actuals = test
[pool lab]
zone = GB
gpus = 4
cpus = 256
memory = 512G
[queue green]
policy = cleanest
time = 10m
max_wait = 24h
memory = 64M
[queue urgent]
policy = immediate
time = 1m
memory = 64M
CONF
}

start_daemon() {
    "$BUILD/penstockd" -c "$HOME_DIR/penstock.conf" "$@" 2>>"$HOME_DIR/log" &
    DAEMON=$!
    wait_for daemon_answers
}

daemon_answers() {
    kill -0 "$DAEMON" 2>/dev/null || { echo "the daemon is gone" >&2; return 2; }
    "$BUILD/penstock" status >/dev/null 2>&1
}

kill_daemon() {
    kill -KILL "$DAEMON"
    wait "$DAEMON" 2>/dev/null || true
}

# wait_for COMMAND…: until it succeeds; fails after the bound.
wait_for() {
    local end=$((SECONDS + BOUND)) status
    while [ $SECONDS -lt $end ]; do
        status=0
        "$@" || status=$?
        [ $status -ne 0 ] || return 0
        [ $status -ne 2 ] || return 1
        sleep 0.02
    done
    echo "gave up waiting for: $*" >&2
    return 1
}

penstock() { "$BUILD/penstock" "$@"; }

submit_id() { penstock submit --json "$@" | grep -o '"id": *[0-9]*' | head -n 1 | grep -o '[0-9]*'; }

state_of() { penstock show "$1" --json | grep -o '"state": *"[a-z]*"' | head -n 1 | cut -d'"' -f4; }

is_in_state() { [ "$(state_of "$1")" = "$2" ]; }

cancel_all() {
    penstock list --state open --limit 1000 --json 2>/dev/null | grep -o '"id": *[0-9]*' \
        | grep -o '[0-9]*' | xargs -r "$BUILD/penstock" cancel >/dev/null 2>&1 || true
}

api() { # api METHOD PATH [BODY-FILE]: prints the body, then the status on a line
    curl -sS --unix-socket "$PENSTOCK_SOCKET" -X "$1" ${3:+-H 'Expect:' --data-binary "@$3"} \
        -w '\n%{http_code}\n' "http://penstock$2"
}
