#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What several users may have of one machine: who may use a queue, how much of it, and
# whose a GPU is.

load lib
load users

# add_queue LINES…: a queue "shared" beside the others, and a daemon that knows it.
add_queue() {
    printf '%s\n' '[queue shared]' 'policy = immediate' 'memory = 1M' "$@" >>penstock.conf
    kill -HUP "$DAEMON"
    wait_for grep -q 'penstock.conf: reloaded' log
}

# As a user, in the queue "shared"; prints what the command line says.
share() {
    local name=$1
    shift
    (as "$name" "$HOME_DIR/bin/penstock" submit --queue shared "$@" 2>&1)
}

@test "only members of a queue's groups may use it, and others are told which" {
    add_queue "groups = $CLUB"
    share "$ALICE" --wait -- true
    run share "$BOB" -- true
    [ "$status" -eq 1 ]
    [[ "$output" == *"queue 'shared'"*"$CLUB"* ]] || { echo "$output"; false; }
    run share "$BOB" --dry-run -- true
    [ "$status" -eq 1 ]
    [ "$(penstock list --json --state all | grep -c "\"user\": *\"$BOB\"")" -eq 0 ]
    usermod --append --groups "$CLUB" "$BOB"
    # Who is where is asked anew each minute, and by a daemon that starts.
    kill_daemon
    start_daemon
    share "$BOB" --wait -- true
    gpasswd --delete "$BOB" "$CLUB"
}

@test "a user has no more open jobs in a queue than it takes, whatever others have" {
    add_queue 'max_jobs_per_user = 2'
    share "$ALICE" --hold -- true
    share "$ALICE" --hold -- true
    run share "$ALICE" --hold -- true
    [ "$status" -eq 1 ]
    [[ "$output" == *"at most 2 open jobs"*"you have 2 there"* ]] || { echo "$output"; false; }
    run share "$BOB" --hold --array 0-2 -- true
    [ "$status" -eq 1 ]
    share "$BOB" --hold --array 0-1 -- true
    # A place that is free again is one.
    (as "$ALICE" "$HOME_DIR/bin/penstock" cancel 1)
    share "$ALICE" --hold -- true
}

@test "GPUs that one user may not hold are another's at once" {
    local first second other
    add_queue 'max_gpus_per_user = 2'
    run share "$ALICE" --gpus 3 -- true
    [ "$status" -eq 1 ]
    [[ "$output" == *max_gpus_per_user* ]] || { echo "$output"; false; }
    first=$(submit_as "$ALICE" --queue shared --gpus 2 -- sh -c 'while [ ! -e go ]; do sleep 0.05; done')
    second=$(submit_as "$ALICE" --queue shared --gpus 1 -- touch second)
    other=$(submit_as "$BOB" --queue shared --gpus 2 -- true)
    wait_for is_in_state "$other" "done"
    is_in_state "$second" waiting
    penstock why "$second" | tr '\n' ' ' | grep -q 'holds as many GPUs'
    touch "$ALICE/go"
    wait_for is_in_state "$second" "done"
    is_in_state "$first" "done"
}

@test "priorities of users are none above 0, and another's job is another's" {
    local id
    run share "$BOB" --priority 1 -- true 2>/dev/null
    [ "$status" -eq 1 ]
    id=$(submit_as "$ALICE" --hold --priority -5 -- true)
    run as "$BOB" "$HOME_DIR/bin/penstock" update "$id" --priority -9
    [ "$status" -eq 1 ]
    run as "$ALICE" "$HOME_DIR/bin/penstock" update "$id" --priority 5
    [ "$status" -eq 1 ]
    run as "$BOB" "$HOME_DIR/bin/penstock" drain lab
    [ "$status" -eq 1 ]
    penstock show "$id" --json | grep -q '"priority": *-5'
}

@test "a number that passes to another user brings no jobs with it" {
    local id uid gone=pg$$ heir=ph$$
    useradd --no-create-home "$gone"
    uid=$(id -u "$gone")
    id=$(submit_as "$gone" --hold --chdir /tmp --output /dev/null -- env)
    userdel "$gone"
    useradd --no-create-home --uid "$uid" "$heir"
    # Who is who is asked anew each minute, and by a daemon that starts.
    kill_daemon
    start_daemon
    run as "$heir" "$HOME_DIR/bin/penstock" release "$id"
    [ "$status" -eq 1 ]
    run as "$heir" "$HOME_DIR/bin/penstock" show "$id" --json
    [[ "$output" != *'"command"'* ]]
    penstock release "$id"
    wait_for is_in_state "$id" failed
    penstock show "$id" | tr -s ' \n' ' ' | grep -q "was '$gone' when it was submitted"
    userdel "$heir"
}
