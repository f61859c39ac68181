#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs as their users meet them.

load lib

has_forecast() { penstock forecast GB >/dev/null 2>&1; }

@test "a job waits for the clean hour, and why says so in numbers" {
    local id
    start_daemon
    wait_for has_forecast
    id=$(submit_id --gpus 1 --name train --time 1h -- true)
    is_in_state "$id" waiting
    run penstock why "$id"
    [ "$status" -eq 0 ]
    [[ "$output" == *"400 g/kWh"* ]]
    [[ "$output" == *"100 g/kWh"* ]]
    penstock show "$id" --json | grep -q '"reason": *"green"'
    # Nothing is known yet of the forecast's errors.
    penstock show "$id" --json | grep -q '"saving_low_kg": *null'
    [[ "$output" != *"four of five"* ]]
    penstock plan | grep -q train
}

plan_says() { penstock plan | grep -q "$1"; }

@test "plan says how far it is from the best possible one, where somebody waits" {
    start_daemon
    wait_for has_forecast
    submit_id --queue urgent --gpus 1 --time 1h -- sleep 600
    penstock plan --json | grep -q '"bound": *null'
    ! plan_says within || false
    submit_id --gpus 1 --time 1h -- true
    kill -HUP "$DAEMON" # that all is planned anew
    wait_for plan_says 'as of .* within 0\.1 % of the best possible plan for this forecast$'
    penstock plan --json | grep -q '"gap_percent": *0\.0'
    api GET /metrics | grep -qx 'penstock_plan_gap_ratio 0\.000000'
}

@test "a script runs where it was submitted, with its environment and its options" {
    local id
    mkdir work
    cat >job.sh <<'SH'
#!/bin/sh
#PENSTOCK --name described --queue urgent --gpus 2
#PENSTOCK --output "result-%j.txt"
echo "$PWD|$FRUIT|$1|$PENSTOCK_JOB_ID|$CUDA_VISIBLE_DEVICES"
SH
    start_daemon
    id=$(cd work && FRUIT=pear submit_id ../job.sh apple)
    rm job.sh
    penstock wait "$id"
    [ "$(cat "work/result-$id.txt")" = "$HOME_DIR/work|pear|apple|$id|0,1" ]
    [ "$(penstock logs "$id")" = "$HOME_DIR/work|pear|apple|$id|0,1" ]
    penstock list --state done | grep -q described
}

@test "two pools of one machine never share a GPU" {
    local id
    printf '[pool attic]\nzone = GB\ngpus = 2\ncpus = 2\nmemory = 1G\n' >>penstock.conf
    start_daemon
    id=$(submit_id --queue urgent --pool attic --gpus 2 -o attic.txt -- printenv CUDA_VISIBLE_DEVICES)
    penstock wait "$id"
    [ "$(cat attic.txt)" = 4,5 ]
    id=$(submit_id --queue urgent --pool lab --gpus 1 -o lab.txt -- printenv CUDA_VISIBLE_DEVICES)
    penstock wait "$id"
    [ "$(cat lab.txt)" = 0 ]
}

@test "what was learnt of short runs does not kill a long one" {
    local id
    start_daemon
    for _ in 1 2 3; do
        id=$(submit_id --queue urgent --name learn -- true)
        penstock wait "$id"
    done
    id=$(submit_id --queue urgent --name learn -- true)
    penstock show "$id" --json | grep -q '"time_limit": *120'
}

@test "what cannot start is warned of, and why says what kept it" {
    local id
    printf '#!/bin/sh\r\ntrue\r\n' >dos.sh
    start_daemon
    run penstock submit --queue urgent dos.sh
    [ "$status" -eq 0 ]
    [[ "$output" == *"warning: the script's first line ends in CR"* ]]
    run penstock submit --hold --wait -- true
    [ "$status" -eq 2 ]
    id=$(submit_id --queue urgent -o none/out -- true 2>warnings)
    grep -q 'warning: the job cannot write its output to none/out: No such file' warnings
    wait_for is_in_state "$id" failed
    penstock why "$id" | tr -s '\n ' ' ' | grep -q "could not be started: .*none/out"
    grep -q "job $id: failed (not-started) before it ran: .*none/out" log
}

@test "a socket that is none is said to be none" {
    run "$BUILD/penstock" --socket /etc/passwd status
    [ "$status" -eq 3 ]
    [[ "$output" == *"/etc/passwd is no socket"* ]]
}

@test "logs that are followed outlive the daemon, and end with the job" {
    local id follower look
    start_daemon
    id=$(submit_id --queue urgent -o out.txt -- sh -c 'echo first; while [ ! -e go ]; do sleep 0.05; done; echo last')
    wait_for is_in_state "$id" running
    penstock logs -f "$id" >followed 2>complaints &
    follower=$!
    wait_for grep -q first followed
    kill_daemon
    # It asks at every fourth look at the file, and once at least finds nobody.
    for look in 1 2 3 4 5; do
        echo "$look" >>out.txt
        wait_for grep -q "$look" followed
    done
    start_daemon
    touch go
    wait "$follower"
    [ "$(cat followed)" = $'first\n1\n2\n3\n4\n5\nlast' ]
    [ ! -s complaints ]
}

@test "wait tells whether all went well" {
    local good bad
    start_daemon
    good=$(submit_id --queue urgent -- true)
    bad=$(submit_id --queue urgent -- sh -c 'exit 3')
    penstock wait "$good"
    run penstock wait "$good" "$bad"
    [ "$status" -eq 1 ]
}

@test "a job over its limit is stopped, and is said to have been" {
    local id
    start_daemon
    id=$(submit_id --queue urgent --time 1s --time-limit 1s -- sleep 600)
    wait_for is_in_state "$id" failed
    penstock show "$id" | grep -qi 'time.limit'
    penstock show "$id" | grep -q 'told to end after 1s, killed 30s later'
}

@test "cancel, hold and release do what Slurm's do" {
    local id
    start_daemon
    id=$(submit_id --queue urgent --hold -- true)
    is_in_state "$id" held
    penstock release "$id"
    wait_for is_in_state "$id" "done"
    id=$(submit_id --queue urgent -- sleep 600)
    wait_for is_in_state "$id" running
    penstock cancel "$id"
    wait_for is_in_state "$id" cancelled
    run penstock cancel "$id"
    [ "$status" -eq 1 ]
    [[ "$output" == *cancelled* ]]
}

@test "update --now starts what waits for green power" {
    local id
    start_daemon
    wait_for has_forecast
    id=$(submit_id --gpus 1 --time 1h -- true)
    is_in_state "$id" waiting
    penstock update "$id" --now
    wait_for is_in_state "$id" "done"
}

@test "a chain runs in its order, and breaks where a link breaks" {
    local first second third
    start_daemon
    first=$(submit_id --queue urgent -- sh -c 'echo 1 >>order')
    second=$(submit_id --queue urgent --after "$first" -- sh -c 'echo 2 >>order; exit 1')
    third=$(submit_id --queue urgent --after "$second" -- sh -c 'echo 3 >>order')
    wait_for is_in_state "$third" cancelled
    [ "$(tr -d '\n' <order)" = 12 ]
}

@test "an array of a hundred runs four at a time when told so" {
    local id
    mkdir out
    start_daemon
    id=$(submit_id --queue urgent --array 0-19%4 --output 'out/%x-%a' --name part -- \
        sh -c 'mkdir "running.$PENSTOCK_ARRAY_INDEX"; ls -d running.* | wc -l; rmdir "running.$PENSTOCK_ARRAY_INDEX"')
    penstock wait $(seq "$id" $((id + 19)))
    [ "$(cat out/part-* | sort -n | tail -n 1)" -le 4 ]
    [ "$(ls out | wc -l)" -eq 20 ]
}

@test "another user's cancel is refused" {
    local id
    [ "$(id -u)" -eq 0 ] || skip "only root can be another user"
    start_daemon
    chmod 755 "$HOME_DIR"
    id=$(submit_id --queue urgent -- sleep 600)
    run setpriv --reuid=65534 --regid=65534 --clear-groups \
        curl -sS --unix-socket "$PENSTOCK_SOCKET" -X POST -w '%{http_code}' \
        "http://penstock/v1/jobs/$id/cancel"
    [[ "$output" == *forbidden*403 ]]
    run setpriv --reuid=65534 --regid=65534 --clear-groups \
        curl -sS --unix-socket "$PENSTOCK_SOCKET" "http://penstock/v1/jobs/$id"
    [[ "$output" != *'"environment"'* ]]
    echo '{"command": ["true"], "directory": "/"}' >body
    chmod 644 body
    run setpriv --reuid=65534 --regid=65534 --clear-groups \
        curl -sS --unix-socket "$PENSTOCK_SOCKET" --data-binary @body -w '%{http_code}' \
        "http://penstock/v1/jobs"
    [[ "$output" == *launcher*403 ]]
}

@test "what is over a limit gets 413 and names the limit" {
    start_daemon
    { printf '{"directory": "/", "script": "#!/bin/sh\\n'
      head -c 5000000 /dev/zero | tr '\0' x
      printf '"}'; } >script.json
    run api POST /v1/jobs script.json
    [[ "$output" == *too_large*413 ]]
    head -c 17000000 /dev/zero | tr '\0' ' ' >request.json
    run api POST /v1/jobs request.json
    [[ "$output" == *too_large*413 ]]
    { echo '#!/bin/sh'; head -c 5000000 /dev/zero | tr '\0' '\n'; } >large.sh
    run penstock submit large.sh
    [ "$status" -ne 0 ]
    [[ "$output" == *4*MiB* ]]
}

@test "a disk without room refuses new jobs and loses none of the old" {
    local id
    write_config
    # A database that may not grow: the limit of the daemon's files is what it has now.
    start_daemon
    id=$(submit_id --hold -- true)
    kill "$DAEMON"
    wait "$DAEMON"
    blocks=$(($(stat -c %s state/penstock.db) / 1024 + 64))
    ( ulimit -f "$blocks"; exec "$BUILD/penstockd" -c penstock.conf 2>>log ) &
    DAEMON=$!
    wait_for daemon_answers
    { printf '{"directory": "/", "held": true, "script": "#!/bin/sh\\n'
      head -c 2000000 /dev/zero | tr '\0' x
      printf '"}'; } >large.json
    run api POST /v1/jobs large.json
    [[ "$output" == *unavailable*503 ]]
    is_in_state "$id" held
    kill "$DAEMON"
    wait "$DAEMON"
    start_daemon
    is_in_state "$id" held
    run api POST /v1/jobs large.json
    [[ "$output" == *201 ]]
}

# has_total SYNTHETIC: whether jobs of such a grid are in the report.
has_total() { penstock report --csv | grep -q "^[^,]*,$1,total,"; }

@test "with a made-up grid no job is told as of a real one, though it took nothing" {
    local id
    sed -i -e 's/^kind = file/kind = synthetic/' -e '/^path = /d' penstock.conf
    start_daemon
    wait_for has_forecast
    id=$(submit_id --queue urgent -- true)
    wait_for is_in_state "$id" done
    penstock show "$id" --json | tr -d ' \n' | grep -q '"synthetic":true'
    wait_for has_total yes
    run has_total no
    [ "$status" -ne 0 ]
    penstock report --json | tr -d ' \n' | grep -q '"synthetic":true,"total"'
}

@test "no job asks its way out of the limit of its memory" {
    start_daemon
    run penstock submit --queue urgent --mem 0 -- true
    [ "$status" -eq 2 ]
    [[ "$output" == *"--mem"*"1M"* ]]
    printf '{"command": ["true"], "directory": "/", "memory": 0}' >body
    run api POST /v1/jobs body
    [[ "$output" == *memory*400 ]]
    [ "$(penstock list --json | grep -c '"id"')" -eq 0 ]
}
