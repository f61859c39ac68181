#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs of several users when things go wrong: jobs that harm, programs that are killed.

load lib
load users

is_empty() { [ -z "$(ls "$1")" ]; }

# It does not end when it may not fork, as a shell does.
BOMB='$SIG{TERM} = "IGNORE"; open F, ">begun"; close F; while (1) { fork }'

lists_process() { pgrep -U "$1" -x "$2" >/dev/null; }

@test "a fork bomb ends with its job" {
    local id
    kill_launcher
    start_launcher --max-processes 200
    id=$(submit_as "$ALICE" --output /dev/null -- \
        perl -e "$BOMB")
    wait_for test -e "$ALICE/begun"
    penstock update "$id" --now >/dev/null 2>&1 || true
    penstock cancel "$id"
    wait_for has_ended "$id"
    is_in_state "$id" cancelled
    wait_for has_no_processes "$ALICE"
    [ "$(ends_of "$id")" -eq 1 ]
    [ "$(run_as "$ALICE" echo fine)" = fine ]
}

@test "a fork bomb whose runner is killed ends too" {
    local id
    kill_launcher
    start_launcher --max-processes 200
    id=$(submit_as "$ALICE" --output /dev/null -- \
        perl -e "$BOMB")
    wait_for test -e "$ALICE/begun"
    kill -KILL "$(runner_of "$id")"
    wait_for is_in_state "$id" failed
    wait_for has_no_processes "$ALICE"
}

@test "a job with ten thousand open files ends like any other" {
    local id
    id=$(submit_as "$ALICE" --mem 1G --output out -- bash -c 'ulimit -n 10100 || exit 9
        for i in $(seq 100 10099); do eval "exec $i</dev/null" || exit 8; done; ls /proc/$$/fd | wc -l; exec sleep 600')
    wait_for test -s "$ALICE/out"
    [ "$(cat "$ALICE/out")" -ge 10000 ]
    penstock cancel "$id"
    wait_for is_in_state "$id" cancelled
    wait_for has_no_processes "$ALICE"
}

@test "what a job leaves behind in sessions of its own ends with it" {
    local id
    id=$(submit_as "$ALICE" --output /dev/null -- sh -c 'setsid sleep 601 & setsid env -i sleep 602 & true')
    wait_for is_in_state "$id" "done"
    wait_for has_no_processes "$ALICE"
}

@test "a launcher that is killed takes no job with it, and the next one goes on" {
    local first second
    first=$(submit_as "$ALICE" --output /dev/null -- sh -c 'while [ ! -e go ]; do sleep 0.02; done; exit 3')
    wait_for is_in_state "$first" running
    kill_launcher
    second=$(submit_as "$BOB" --output /dev/null -- touch ran)
    wait_for is_in_state "$second" starting
    says_trouble() { penstock status | grep -q 'but the launcher at .* cannot be reached'; }
    wait_for says_trouble
    touch "$ALICE/go"
    wait_for is_in_state "$first" failed
    penstock show "$first" --json | grep -q '"exit_status": *3'
    start_launcher
    wait_for is_in_state "$second" "done"
    [ -e "$BOB/ran" ]
    ! says_trouble
    [ "$(ends_of "$first") $(ends_of "$second")" = "1 1" ]
}

@test "a second launcher says that there is one, and takes nothing from it" {
    run "$HOME_DIR/bin/penstock-launcher" --socket "$HOME_DIR/run/socket" --state-dir "$HOME_DIR/state" \
        --runner "$HOME_DIR/bin/penstock-runner" --user "$KEEPER"
    [ "$status" -eq 2 ]
    [[ "$output" == *"in use"* ]] || { echo "$output"; false; }
    [ "$(run_as "$ALICE" id -un)" = "$ALICE" ]
}

@test "a cancel that finds no launcher is carried out by the next" {
    local id
    id=$(submit_as "$ALICE" --output /dev/null -- sleep 603)
    wait_for is_in_state "$id" running
    kill_launcher
    penstock cancel "$id"
    lists_process "$ALICE" sleep
    start_launcher
    wait_for is_in_state "$id" cancelled
    wait_for has_no_processes "$ALICE"
}

@test "a runner that is killed loses its job and all of its processes" {
    local id
    id=$(submit_as "$ALICE" --output /dev/null -- sh -c 'setsid sleep 604 & sleep 604; wait')
    wait_for lists_process "$ALICE" sleep
    kill -KILL "$(runner_of "$id")"
    wait_for is_in_state "$id" failed
    penstock show "$id" | grep -q lost
    wait_for has_no_processes "$ALICE"
    [ "$(ends_of "$id")" -eq 1 ]
}

@test "a daemon that is killed finds jobs that run, ended and were lost" {
    local runs ends lost
    runs=$(submit_as "$ALICE" --output /dev/null -- sleep 605)
    ends=$(submit_as "$BOB" --output /dev/null -- sh -c 'while [ ! -e go ]; do sleep 0.02; done; exit 5')
    lost=$(submit_as "$ALICE" --output /dev/null -- sh -c 'setsid sleep 606 & sleep 606')
    wait_for is_in_state "$runs" running
    wait_for is_in_state "$ends" running
    wait_for is_in_state "$lost" running
    kill_daemon
    kill -KILL "$(runner_of "$lost")"
    touch "$BOB/go"
    wait_for has_no_processes "$BOB"
    start_daemon
    wait_for is_in_state "$ends" failed
    penstock show "$ends" --json | grep -q '"exit_status": *5'
    wait_for is_in_state "$lost" failed
    penstock show "$lost" | grep -q lost
    is_in_state "$runs" running
    penstock cancel "$runs"
    wait_for is_in_state "$runs" cancelled
    wait_for has_no_processes "$ALICE"
    [ "$(ends_of "$runs") $(ends_of "$ends") $(ends_of "$lost")" = "1 1 1" ]
}

@test "the daemon is killed again and again while jobs of two users run: each runs once" {
    local id name index
    for name in "$ALICE" "$BOB"; do
        submit_as "$name" --array 0-14 --output /dev/null -- \
            sh -c 'echo ran >>"lines.$PENSTOCK_ARRAY_INDEX"; sleep 0.05' >/dev/null
    done
    for index in 1 2 3 4 5 6; do
        sleep 0.2
        kill_daemon
        start_daemon
    done
    for id in $(seq 30); do
        wait_for is_in_state "$id" "done"
        [ "$(ends_of "$id")" -eq 1 ]
    done
    for name in "$ALICE" "$BOB"; do
        [ "$(cat "$name"/lines.* | wc -l)" -eq 15 ]
        [ "$(ls "$name"/lines.* | wc -l)" -eq 15 ]
    done
}

@test "nobody can forge the end of another's job, nor signal its runner" {
    local id run
    id=$(submit_as "$ALICE" --output /dev/null -- sh -c 'while [ ! -e go ]; do sleep 0.02; done')
    wait_for is_in_state "$id" running
    run=$HOME_DIR/state/runs/$id.1
    run run_as "$BOB" bash -c "echo > $run/exit; ln -s /etc/passwd $run/exit; mv $run $run.gone; rm -r $run
        kill -KILL $(runner_of "$id"); mkdir $HOME_DIR/state/runs/9.1; chmod 777 $run; echo 3 > /proc/$(runner_of "$id")/fd/3"
    [ "$(grep -ciE 'permission denied|not permitted' <<<"$output")" -ge 8 ] || { echo "$output"; false; }
    is_in_state "$id" running
    touch "$ALICE/go"
    wait_for is_in_state "$id" "done"
    [ ! -e "$HOME_DIR/state/runs/9.1" ]
}

@test "a job that shuts the daemon out of its run is lost, and frees its place" {
    local id mode what
    for what in '.' 'lock' 'exit started spec'; do
        id=$(submit_as "$ALICE" --gpus 4 --output /dev/null -- \
            sh -c "cd $HOME_DIR/state/runs/\$PENSTOCK_JOB_ID.1; touch exit started; chmod 000 $what; true")
        wait_for has_ended "$id"
        [ "$(ends_of "$id")" -eq 1 ]
    done
    # And when nobody watches: a daemon that only finds it.
    id=$(submit_as "$ALICE" --gpus 4 --output /dev/null -- \
        sh -c "chmod 000 $HOME_DIR/state/runs/\$PENSTOCK_JOB_ID.1; touch shut; exec sleep 607")
    wait_for test -e "$ALICE/shut"
    kill_daemon
    start_daemon
    wait_for is_in_state "$id" failed
    penstock show "$id" | grep -q lost
    wait_for has_no_processes "$ALICE"
    [ "$(run_as "$BOB" echo free)" = free ]
}

@test "whatever a job puts into its run's directory is removed with it" {
    local id
    id=$(submit_as "$ALICE" --output /dev/null -- sh -c "cd $HOME_DIR/state/runs/\$PENSTOCK_JOB_ID.1
        mkdir -p a/b/c; touch a/b/c/file; ln -s /etc/passwd a/link; chmod 000 a/b; mkfifo pipe")
    wait_for has_ended "$id"
    wait_for is_empty state/runs
    [ -s /etc/passwd ]
}

@test "neither depth nor size of what a job leaves in its run's directory keeps it there" {
    local id
    id=$(submit_as "$ALICE" --output /dev/null -- perl -e "chdir '$HOME_DIR/state/runs/'.\$ENV{PENSTOCK_JOB_ID}.'.1' or die;
        for (1..2000) { open my \$file, '>', \"file\$_\"; mkdir \"wide\$_\" }
        for (1..3000) { mkdir 'deeper', 0700; mkdir 'shut', 0000; chdir 'deeper' or die }")
    wait_for is_in_state "$id" "done"
    wait_for is_empty state/runs
}

@test "a file system that never answers, mounted on a run, holds up nobody" {
    local id fuse held=
    id=$(submit_as "$ALICE" --output /dev/null -- sleep 608)
    wait_for is_in_state "$id" running
    { exec {fuse}<>/dev/fuse; } 2>/dev/null || skip "there is no FUSE"
    # As fusermount does it for whoever owns the directory.
    mount -i -t fuse -o "fd=$fuse,rootmode=40000,user_id=$(id -u "$ALICE"),group_id=0,allow_other" \
        hang "state/runs/$id.1" || skip "it cannot be mounted"
    pkill -KILL -U "$ALICE" -x penstock-runner
    BOUND=20 wait_for is_in_state "$id" failed || held=true
    [ -n "$held" ] || [ "$(run_as "$BOB" echo fine)" = fine ] || held=true
    # Whoever waits for it is let go.
    exec {fuse}>&-
    umount -l "state/runs/$id.1"
    [ -z "$held" ]
}

@test "jobs of root, of nobody and of the daemon's user are refused" {
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$HOME_DIR/bin/penstock" submit -- true
    [ "$status" -eq 1 ]
    [[ "$output" == *"uid 1000 and above"* ]] || { echo "$output"; false; }
    run penstock submit -- true
    [ "$status" -ne 0 ]
    [[ "$output" == *"no jobs of root"* ]]
    run submit_as "$KEEPER" -- true
    [[ "$output" == *"daemon's own user"* ]]
}

@test "a daemon that cannot see the processes of others does not start" {
    kill "$DAEMON"
    wait "$DAEMON" || true
    DAEMON=
    unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc' 2>/dev/null || skip "/proc cannot be mounted"
    run unshare --mount sh -c "mount -t proc -o hidepid=2 proc /proc
        exec setpriv --reuid=$KEEPER --regid=$KEEPER --init-groups bin/penstockd -c $HOME_DIR/penstock.conf"
    [ "$status" -eq 1 ]
    [[ "$output" == *"hidden"*"hidepid"* ]]
}
