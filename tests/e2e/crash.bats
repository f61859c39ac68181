#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whatever is killed at whatever moment: a job that was accepted runs once.

load lib

count_open() { penstock list --state open --limit 1000 --json | grep -c '"id"' || true; }

none_open() { kill -0 "$DAEMON" && [ "$(penstock status --json | tr ',{}' '\n' \
    | awk -F: '/"(waiting|held|starting|running|pausing|paused)"/ {n += $2} END {print n}')" = 0 ]; }

# has_grown LINES: the log is that long, or there is no more to come.
has_grown() { [ "$(wc -l <"$HOME_DIR/log")" -ge "$1" ] || none_open; }

no_runner() { ! pgrep -f "penstock-runner run $HOME_DIR" >/dev/null; }

# Each of $1 jobs left one line and has one start, one end event and the state done.
check_each_ran_once() {
    local index id lines ends
    for index in $(seq 0 $(($1 - 1))); do
        lines=$(wc -l <"out/$index")
        [ "$lines" -eq 1 ] || { echo "job $index ran $lines times" >&2; return 1; }
    done
    for id in $(seq 1 "$1"); do
        ends=$(penstock show "$id" --json | grep -oE '"event": *"(finished|broke|cancelled)"' | wc -l)
        [ "$ends" -eq 1 ] || { echo "job $id has $ends ends" >&2; return 1; }
    done
}

@test "the daemon is killed twenty times while 200 jobs run: each runs once" {
    local round lines
    mkdir out
    start_daemon
    penstock submit --queue urgent --gpus 1 --array 0-199 --time 1m -- \
        sh -c 'echo ran >>"out/$PENSTOCK_ARRAY_INDEX"; sleep 0.02'
    for round in $(seq 20); do
        lines=$(wc -l <"$HOME_DIR/log")
        wait_for has_grown $((lines + 7 + RANDOM % 15))
        kill_daemon
        start_daemon
    done
    wait_for none_open
    check_each_ran_once 200
    [ "$(penstock list --state done --limit 1000 --json | grep -o '"id"' | wc -l)" -eq 200 ]
}

@test "the daemon dies between store and start, before and after the runner begins" {
    # In place of the runner: every third start kills the daemon before the runner is
    # there, and the runner comes only when the next daemon has looked for it; every
    # third one kills it just after.
    cat >runner <<SH
#!/bin/sh
number=\${2##*/}
case \$((\${number%%.*} % 3)) in
1) [ -e "\${2%.*}.killed" ] || {
       : >"\${2%.*}.killed"; kill -KILL \$PPID
       for i in 1 2 3 4 5 6 7 8 9; do
           [ -d "\$2" ] && [ ! -e "\$2/lock" ] || break
           sleep 0.05
       done
   } ;;
2) ( [ -e "\${2%.*}.killed" ] || { : >"\${2%.*}.killed"; kill -KILL \$PPID; } ) & ;;
esac
exec "$BUILD/penstock-runner" "\$@"
SH
    chmod +x runner
    mkdir out
    write_config "runner = $HOME_DIR/runner"
    start_daemon
    penstock submit --queue urgent --gpus 1 --array 0-29 --time 1m -- \
        sh -c 'echo ran >>"out/$PENSTOCK_ARRAY_INDEX"' || true
    for _ in $(seq 200); do
        ! none_open 2>/dev/null || break
        kill -0 "$DAEMON" 2>/dev/null || { wait "$DAEMON" || true; start_daemon || true; }
        sleep 0.05
    done
    none_open || { penstock list --all >&2; false; }
    check_each_ran_once 30
}

@test "a runner that is killed loses its job, which is never run again unasked" {
    local id
    start_daemon
    id=$(submit_id --queue urgent --name long -- sh -c 'echo ran >>lines; exec sleep 600')
    wait_for test -s lines
    pkill -KILL -f "penstock-runner run $HOME_DIR"
    wait_for is_in_state "$id" failed
    penstock show "$id" | grep -q lost
    ! pgrep -f 'sleep 600' -s 0 >/dev/null
    [ "$(wc -l <lines)" -eq 1 ]
}

@test "a runner that is killed while the daemon is down loses its job too" {
    local id
    start_daemon
    id=$(submit_id --queue urgent -- sh -c 'echo ran >>lines; exec sleep 601')
    wait_for test -s lines
    kill_daemon
    pkill -KILL -f "penstock-runner run $HOME_DIR"
    start_daemon
    wait_for is_in_state "$id" failed
    [ "$(wc -l <lines)" -eq 1 ]
}

@test "a job that ends while the daemon is down keeps its exit status" {
    local id
    start_daemon
    id=$(submit_id --queue urgent -- sh -c 'echo $$ >pid; while [ ! -e go ]; do sleep 0.01; done; exit 7')
    wait_for test -s pid
    kill_daemon
    touch go
    wait_for no_runner
    start_daemon
    wait_for is_in_state "$id" failed
    penstock show "$id" --json | grep -q '"exit_status": *7'
}

@test "with --requeue a lost job runs again and is told so" {
    local id
    start_daemon
    id=$(submit_id --queue urgent --requeue -- \
        sh -c 'echo "restart=$PENSTOCK_RESTART" >>lines; [ "$PENSTOCK_RESTART" = 1 ] || exec sleep 602')
    wait_for test -s lines
    pkill -KILL -f "penstock-runner run $HOME_DIR"
    wait_for is_in_state "$id" done
    [ "$(tail -n 1 lines)" = restart=1 ]
}
