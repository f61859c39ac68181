#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `penstock submit` to a pool of a real Slurm: its own sbatch, run as the user.

bats_require_minimum_version 1.5.0
load common
load daemon

setup_file() { NODES=2 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; make_penstock; mkdir -p "$BATS_TEST_TMPDIR/bin"; }
teardown() { end_penstock; }

# Where other users reach the daemon; before it starts.
open_door() {
    sed -i "s|^socket = .*|socket = $CLUSTER/socket|" "$P/penstock.conf"
    export PENSTOCK_SOCKET=$CLUSTER/socket
}

as_other() { setpriv --reuid=daemon --regid=daemon --clear-groups "$@"; }

# hand_in WORDS…: submits to the cluster; the id that Slurm gave is printed.
hand_in() { penstock submit --pool cluster --json "$@" | jq -r .slurm; }

comment() { field "$1" Comment; }

has_key() { squeue -h -o '%A %k' | grep -c 'key=[0-9a-f]\{32\}'; } # how many have one

# fake_sbatch LINES: stands before the real one, which it may call as $REAL.
fake_sbatch() {
    REAL=$(command -v sbatch)
    { echo "#!/bin/bash"; echo "REAL=$REAL"; cat; } >bin/sbatch
    chmod +x bin/sbatch
    PATH=$PWD/bin:$PATH
}

@test "a job is Slurm's, planned here, and starts at its latest start by itself" {
    start_daemon
    penstock submit --pool cluster --gpus 1 --cpus 2 --mem 100M --time 1h --time-limit 90m \
        --max-wait 10h --name train --json -- echo hello >answer
    id=$(jq -r .slurm answer)
    jq -e '.id > 0 and .name == "train" and .saving_percent > 50 and .reason == "green"' answer
    begins_in "$id" 35900 36000
    [ "$(field "$id" JobName)" = train ]
    [ "$(field "$id" TimeLimit)" = 01:30:00 ]
    [ "$(field "$id" Partition)" = main ]
    [ "$(field "$id" TresPerNode)" = gres:gpu:1 ]
    [ "$(field "$id" NumCPUs)" = 2 ]
    [ "$(field "$id" MinMemoryNode)" = 100M ]
    [[ "$(comment "$id")" =~ ^penstock:early,time=3600s,key=[0-9a-f]{32}$ ]]
    [ "$(job "$id" id)" = "$(jq .id answer)" ]
    [ "$(job "$id" state)" = waiting ]
    [ "$(job "$id" time)" = 3600 ]
    penstock show "$(jq .id answer)" --json | jq -e '.name == "train" and .gpus == 1'
}

@test "what is told names both ids, the plan and what it saves" {
    start_daemon
    run -0 penstock submit --pool cluster --max-wait 10h --name train -- true
    [[ "$output" =~ ^"job "[0-9]+" (train, "[0-9]+" in Slurm): planned".*"saves" ]]
}

@test "a command runs with exactly its words, its environment and in its directory" {
    start_daemon
    mkdir "a dir"
    id=$(TOKEN='a "b" $c' hand_in --now --env 'MORE=x y' --chdir "a dir" --output out-%j-%x \
        --name words -- printf '[%s]\n' "it's" '$HOME `id`' 'two
lines' '' '*')
    eventually is_state "$id" COMPLETED
    printf '[%s]\n' "it's" '$HOME `id`' 'two
lines' '' '*' >expected
    diff expected "a dir/out-$id-words"
    id=$(TOKEN='a "b" $c' hand_in --now --env 'MORE=x y' --output env-%j -- env)
    eventually is_state "$id" COMPLETED
    grep -Fx 'TOKEN=a "b" $c' "env-$id"
    grep -Fx 'MORE=x y' "env-$id"
}

@test "a script is handed over with its options and arguments" {
    start_daemon
    cat >train.sh <<'SCRIPT'
#!/bin/bash
#PENSTOCK --gpus 1 --time 10m --max-wait 5h
#PENSTOCK --output "from script-%j"
echo "$1 on $CUDA_VISIBLE_DEVICES"
SCRIPT
    id=$(hand_in --max-wait 10h train.sh 'two words')
    begins_in "$id" 35900 36000
    [ "$(field "$id" JobName)" = train.sh ]
    [ "$(field "$id" TimeLimit)" = 00:20:00 ]
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    grep '^two words on [01]$' "from script-$id"
    id=$(hand_in --max-wait 10h --output "in-%j" - 'from stdin' <train.sh)
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    grep '^from stdin on' "in-$id"
}

@test "each task of an array is a job, and all are answered" {
    start_daemon
    penstock submit --pool cluster --max-wait 10h --array 1-4%2 --json -- true >answer
    jq -e '[.jobs[].id] | length == 4 and . == sort' answer
    id=$(jq -r '.jobs[0].slurm' answer)
    id=${id%_*}
    jq -e --arg id "$id" '[.jobs[].slurm] == [1, 2, 3, 4 | "\($id)_\(.)"]' answer
    [ "$(job "${id}_4" state)" = waiting ]
    [ "$(field "$id" ArrayTaskThrottle)" = 2 ]
}

@test "a deadline counts, and one that leaves no time leaves the job to Slurm" {
    start_daemon
    id=$(hand_in --time-limit 1h --deadline +9h --interruptible -- true)
    # 9 h less the limit and five minutes.
    begins_in "$id" 28450 28500
    [[ "$(comment "$id")" == penstock:early,interruptible,deadline=*Z,key=* ]]
    [ "$(field "$id" Requeue)" = 1 ]
    penstock show "$(job "$id" id)" --json | jq -e '.interruptible and .deadline != null'
    id=$(hand_in --time-limit 61s --max-wait 10h -- true)
    [ "$(field "$id" TimeLimit)" = 00:02:00 ]
    penstock submit --pool cluster --time-limit 1h --deadline +63m --json -- true >answer 2>said
    grep 'no time for it to wait' said
    id=$(jq -r .slurm answer)
    jq -e '.id == null' answer
    eventually is_state "$id" COMPLETED
}

@test "a begin of the user's own is kept, and the wait counts from it" {
    start_daemon
    id=$(hand_in --begin +3h --max-wait 5h -- true)
    eventually begins_in "$id" 28700 28800
    penstock show "$(job "$id" id)" --json >shown
    [ $(($(date -d "$(jq -r .planned_start shown)" +%s) - $(date +%s))) -ge 10700 ]
}

@test "whoever may use Slurm may submit, whomever the daemon serves" {
    [ "$(id -u)" -eq 0 ] || skip "only root can be another user"
    open_door
    start_daemon
    cd /
    id=$(as_other "$BUILD/penstock" submit --pool cluster --max-wait 10h --json -- true | jq -r .slurm)
    [[ "$(field "$id" UserId)" == daemon* ]]
    [ "$(job "$id" user)" = daemon ]
    kill_daemon
    sed -i 's/^\[daemon\]/&\nprivate_jobs = yes/' "$P/penstock.conf"
    start_daemon
    as_other "$BUILD/penstock" show "slurm/$id"
    other=$(hand_in --max-wait 10h -- true)
    run -1 as_other "$BUILD/penstock" show "slurm/$other"
    [ "$output" = "penstock: there is no job $other of Slurm here: those that were not deferred only squeue knows" ]
}

@test "without --pool a job is for the only pool, and of several one has to be named" {
    start_daemon
    penstock submit --dry-run --json -- true | jq -e '.sbatch.partition == "main"'
    kill_daemon
    printf '[pool other]\nexecutor = slurm\nzone = GB\n' >>"$P/penstock.conf"
    start_daemon
    run -1 penstock submit --dry-run -- true
    [[ "$output" == *"--pool NAME"*": cluster, other" ]]
    penstock submit --pool cluster --dry-run --json -- true | jq -e '.sbatch.partition == "main"'
}

@test "--now is left to Slurm at once" {
    start_daemon
    run -0 penstock submit --pool cluster --now -- true
    [[ "$output" =~ ^"job "([0-9]+)" in Slurm (true): Slurm starts it as soon as there is room"$ ]]
    eventually is_state "${BASH_REMATCH[1]}" COMPLETED
    [[ "$(comment "${BASH_REMATCH[1]}")" == penstock:off,* ]]
}

@test "--wait waits until it has ended there" {
    start_daemon
    penstock submit --pool cluster --max-wait 10h --wait --name waited -- false >answer 3>&- &
    waiter=$!
    eventually grep waited answer
    id=$(sed -n 's/^job \([0-9]*\) .*/\1/p' answer)
    penstock update "$id" --now
    status=0
    wait $waiter || status=$?
    [ $status -eq 1 ]
    [ "$(penstock show "$id" --json | jq -r .state)" = failed ]
}

knows_cluster() { penstock nodes --json | jq -e '.pools[0].gpus == 4 and .pools[0].partition == "main"'; }

@test "--dry-run tells the plan and hands nothing over" {
    start_daemon
    eventually knows_cluster
    fake_sbatch <<<'echo called >>"'"$PWD"'/called"; exit 1'
    penstock submit --pool cluster --gpus 1 --time 30m --max-wait 10h --dry-run --json -- true >answer
    jq -e '.id == null and .slurm == null and .reason == "green" and .sbatch.partition == "main"
        and .sbatch.minutes == 60 and .sbatch.wait == 36000' answer
    [ ! -e called ]
}

@test "what Slurm has no equal for is refused, with what to do instead" {
    start_daemon
    while read -r -a words; do
        run -2 penstock submit --pool cluster "${words[@]}" -- true
        [[ "$output" == *"${words[0]}: Slurm has no equal for it; "* ]]
    done <<'OPTIONS'
--after 1
--priority -5
--zone GB
--power 300W
--gpus 1-2
--hold
OPTIONS
    run -2 penstock submit --pool cluster,lab -- true
    [[ "$output" == *"can only stand alone"* ]]
    run -1 penstock submit --pool cluster --queue nothing -- true
    [[ "$output" == *"its queue 'training'"* ]]
    [ "$(has_key)" -eq 0 ]
}

@test "what sbatch refuses is refused in its own words" {
    sed -i 's/^partition = main/partition = nowhere/' "$P/penstock.conf"
    start_daemon
    run -1 penstock submit --pool cluster --max-wait 10h -- true
    [[ "$output" == *"invalid partition specified: nowhere"* ]]
    rm -rf bin/*
    PATH_WAS=$PATH
    PATH=$PWD/bin run -1 "$BUILD/penstock" submit --pool cluster --max-wait 10h -- true
    [[ "$output" == *"cannot run sbatch"* ]]
}

@test "a daemon that is gone by then loses nothing: Slurm has the job" {
    start_daemon
    fake_sbatch <<<'"$REAL" "$@"; status=$?; kill -KILL '"$DAEMON"'; exit $status'
    run -0 --separate-stderr penstock submit --pool cluster --max-wait 10h --name left -- true
    [[ "$output" =~ ^"job "([0-9]+)" in Slurm (left): Slurm starts it by "[^\ ]+.*" at the latest"$ ]]
    id=${BASH_REMATCH[1]}
    begins_in "$id" 35900 36000
    wait "$DAEMON" || true
    start_daemon
    eventually is_known "$id"
    [ "$(job "$id" name)" = left ]
}

@test "a submission that timed out but was taken is found, not made again" {
    start_daemon
    fake_sbatch <<<'echo x >>"'"$PWD"'/calls"; "$REAL" "$@" >/dev/null; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1'
    id=$(hand_in --max-wait 10h -- true)
    [ "$id" -gt 0 ]
    [ "$(has_key)" -eq 1 ]
    [ "$(wc -l <calls)" -eq 1 ]
    [ "$(job "$id" state)" = waiting ]
}

@test "a submission that timed out and was not taken is made again, once" {
    start_daemon
    fake_sbatch <<<'echo x >>"'"$PWD"'/calls"
[ "$(wc -l <"'"$PWD"'/calls")" -gt 1 ] && exec "$REAL" "$@"
echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1'
    id=$(hand_in --max-wait 10h -- true)
    [ "$(has_key)" -eq 1 ]
    [ "$(wc -l <calls)" -eq 2 ]
    [ "$(job "$id" state)" = waiting ]
}

# What was sent to a slurmctld that hangs is done when it goes on, after sbatch has given up.
@test "a job that a hung slurmctld takes after its sbatch has given up is there once" {
    start_daemon
    fake_sbatch <<<'echo x >>"'"$PWD"'/calls"
kill -STOP '"$(slurmctld_pid)"'; "$REAL" "$@"; status=$?; kill -CONT '"$(slurmctld_pid)"'; exit $status'
    penstock submit --pool cluster --max-wait 10h --json -- true >answer 2>said || { cat said; return 1; }
    cat said
    grep 'timed out' said
    id=$(jq -r .slurm answer)
    [ "$(wc -l <calls)" -eq 1 ]
    [ "$(has_key)" -eq 1 ]
    [ "$(job "$id" state)" = waiting ]
}

@test "where nobody can tell whether it was taken, nothing is done again" {
    start_daemon
    run -2 penstock submit --pool nope -- true
    [[ "$output" == "penstock: --pool: there is no pool nope; there are: "*cluster* ]]
    fake_sbatch <<<'echo x >>"'"$PWD"'/calls"; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1'
    printf '#!/bin/sh\necho "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1\n' >bin/squeue
    chmod +x bin/squeue
    run -1 penstock submit --pool cluster --max-wait 10h -- true
    [[ "$output" == *'look for the comment "key='* ]]
    [ "$(wc -l <calls)" -eq 1 ]
    fake_sbatch <<<'echo "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)" >&2; exit 1'
    run -1 penstock submit --pool cluster --max-wait 10h -- true
    [[ "$output" == *'Slurm has not taken the job: slurmctld was not reached'* ]]
}

@test "only who has submitted a job, and knows its key, is told of it" {
    open_door
    start_daemon
    id=$(submit --comment penstock:early,key=abc -- true)
    ask() {
        curl -s --unix-socket "$PENSTOCK_SOCKET" -d "{\"slurm\": \"$1\", \"key\": \"$2\"}" \
            http://penstock/v1/slurm/jobs
    }
    ask "$id" abc | jq -e --arg id "$id" '.id > 0 and .slurm == $id'
    ask "$id" abd | jq -e '.error.code == "missing" and (.error.message | test("that key"))'
    ask 999999 abc | jq -e '.error.code == "missing" and (.error.message | test("does not list it"))'
    ask x abc | jq -e '.error.code == "invalid" and .error.field == "slurm"'
    plain=$(sbatch --parsable -o /dev/null --comment penstock:off,key=abc -H --wrap true)
    ask "$plain" abc | jq -e '.error.message | test("not asked for")'
    [ "$(id -u)" -eq 0 ] || skip "only root can be another user"
    as_other curl -s --unix-socket "$PENSTOCK_SOCKET" -d "{\"slurm\": \"$id\", \"key\": \"abc\"}" \
        http://penstock/v1/slurm/jobs | jq -e '.error.code == "forbidden"'
}

# While slurmctld hangs nobody is answered but who is refused.
@test "no user takes all the places of those who wait for their jobs to be listed" {
    local i mine status=0
    open_door
    sed -i 's/^timeout = .*/timeout = 20s/' "$P/penstock.conf"
    start_daemon
    ask=(curl -s --unix-socket "$PENSTOCK_SOCKET" -d '{"slurm": "999999", "key": "abc"}'
        http://penstock/v1/slurm/jobs)
    say() { grep -l "$1" answer.* | wc -l; }
    is_refused() { [ "$(say 'that one user may have')" -eq 1 ]; }
    kill -STOP "$(slurmctld_pid)"
    for i in $(seq 17); do "${ask[@]}" >"answer.$i" 3>&- & done
    eventually is_refused || true
    mine=$("${ask[@]}" -m 5) || true
    [ "$(id -u)" -ne 0 ] || as_other "${ask[@]}" -m 1 || status=$?
    kill -CONT "$(slurmctld_pid)"
    jq -e '.error.code == "too_large"' <<<"$mine"
    [ "$(id -u)" -ne 0 ] || [ "$status" -eq 28 ] # it waited
    wait $(jobs -p | grep -vx "$DAEMON")
    is_refused
    [ "$(say 'does not list it')" -eq 16 ]
}

@test "while the daemon moves nothing in Slurm no job is deferred" {
    start_daemon
    : >"$P/lease.off"
    run -1 penstock submit --pool cluster --max-wait 10h -- true
    [[ "$output" == *"switched off by 'penstock slurm release-all'"* ]]
    id=$(hand_in --now -- true)
    eventually is_state "$id" COMPLETED
    rm "$P/lease.off"
    kill_daemon
    sed -i 's/^conf = /dry_run = yes\nconf = /' "$P/penstock.conf"
    start_daemon
    run -1 penstock submit --pool cluster --max-wait 10h -- true
    [[ "$output" == *"dry_run = yes"* ]]
    [ "$(squeue -h | wc -l)" -eq 0 ]
}
