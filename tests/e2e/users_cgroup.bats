#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs of several users under a daemon that has a cgroup of its own to make theirs in.

load lib
load users

eval "$(declare -f setup | sed '1s/setup/setup_users/')"
eval "$(declare -f teardown | sed '1s/teardown/teardown_users/')"

setup() {
    local top
    top=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/self/mounts)
    GROUP=$top/penstock-test-$$-$BATS_TEST_NUMBER
    { [ -n "$top" ] && mkdir "$GROUP"; } 2>/dev/null || skip "there is no cgroup2 to write to"
    # As systemd delegates it.
    chown "$KEEPER:" "$GROUP" "$GROUP"/cgroup.procs "$GROUP"/cgroup.subtree_control "$GROUP"/cgroup.threads
    setup_users
}

teardown() {
    local status=0
    [ -z "$HOME_DIR" ] || teardown_users || status=$?
    [ ! -d "$GROUP" ] || { echo 1 >"$GROUP/cgroup.kill"; wait_for remove_groups; }
    return $status
}

remove_groups() { find "$GROUP" -depth -type d -exec rmdir {} +; }

start_daemon() {
    ( echo $BASHPID >"$GROUP/cgroup.procs"
      as "$KEEPER" "$HOME_DIR/bin/penstockd" -c "$HOME_DIR/penstock.conf" ) 2>>"$HOME_DIR/log" &
    DAEMON=$!
    wait_for daemon_answers
}

group_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }

has_no_group() { [ ! -d "$GROUP/job-$1.1" ]; }

@test "a job is in a cgroup of its own, its runner and the daemon are not" {
    local id
    id=$(submit_as "$ALICE" -o out -- sh -c 'cat /proc/self/cgroup; exec sleep 600')
    wait_for is_in_state "$id" running
    wait_for test -s "$ALICE/out"
    [ "$(sed -n 's/^0:://p' "$ALICE/out")" = "/${GROUP##*/}/job-$id.1" ]
    [ "$(group_of "$DAEMON")" = "/${GROUP##*/}/daemon" ]
    [[ "$(group_of "$(runner_of "$id")")" != *job-* ]]
    penstock cancel "$id"
    wait_for is_in_state "$id" cancelled
    wait_for has_no_group "$id"
    wait_for has_no_processes "$ALICE"
}

@test "nothing that a job's owner may debug can move processes into its cgroup" {
    local id process
    id=$(submit_as "$ALICE" -o /dev/null -- sh -c 'sleep 600; true')
    wait_for is_in_state "$id" running
    wait_for has_processes "$ALICE"
    for process in $(pgrep -U "$ALICE"); do
        [ -z "$(find "/proc/$process/fd" -lname '*/cgroup.procs' -o -lname '*/cgroup.threads')" ]
    done
    penstock cancel "$id"
    wait_for is_in_state "$id" cancelled
    wait_for has_no_processes "$ALICE"
}

@test "a command in a cgroup that cannot begin says why" {
    local id
    id=$(submit_as "$ALICE" -o /dev/null -- /there/is/no/such/program)
    wait_for is_in_state "$id" failed
    penstock show "$id" | grep -q "cannot run '/there/is/no/such/program'"
    wait_for has_no_processes "$ALICE"
}

@test "nothing hides from the end of its cgroup" {
    local id
    id=$(submit_as "$ALICE" -o /dev/null -- sh -c 'setsid env -i sleep 601 & wait; sleep 601')
    hides() { pgrep -U "$ALICE" -x sleep >/dev/null; }
    wait_for hides
    # Only what is known to run can be lost; before, it would be started again.
    wait_for is_in_state "$id" running
    kill -KILL "$(runner_of "$id")"
    wait_for is_in_state "$id" failed
    wait_for has_no_processes "$ALICE"
    wait_for has_no_group "$id"
}

@test "a fork bomb ends at once with its cgroup" {
    local id
    kill_launcher
    start_launcher --max-processes 300
    id=$(submit_as "$ALICE" --output /dev/null -- \
        bash -c 'touch begun; bomb() { bomb & bomb & }; trap "" TERM; bomb; while :; do bomb 2>/dev/null; done')
    wait_for test -e "$ALICE/begun"
    penstock cancel "$id"
    wait_for has_ended "$id"
    wait_for has_no_processes "$ALICE"
}

@test "a daemon that is started again finds its cgroups, and jobs in them" {
    local id
    id=$(submit_as "$ALICE" -o /dev/null -- sleep 602)
    wait_for is_in_state "$id" running
    kill_daemon
    mkdir "$GROUP/job-77.1"
    chown -R "$KEEPER:" "$GROUP/job-77.1"
    start_daemon
    wait_for has_no_group 77
    is_in_state "$id" running
    penstock cancel "$id"
    wait_for is_in_state "$id" cancelled
    wait_for has_no_group "$id"
}

@test "a daemon of one user uses its cgroup too" {
    local id
    write_config
    sed -i "s|^socket = .*|socket = $PENSTOCK_SOCKET|" penstock.conf
    kill "$DAEMON"
    wait "$DAEMON" || true
    start_daemon
    id=$(submit_as "$KEEPER" -o "$HOME_DIR/api/out" -- sh -c 'cat /proc/self/cgroup')
    wait_for is_in_state "$id" "done"
    [ "$(sed -n 's/^0:://p' api/out)" = "/${GROUP##*/}/job-$id.1" ]
}
