#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What operators do with a cluster of Slurm: by themselves, and as the daemon's user.

bats_require_minimum_version 1.5.0

load common
load daemon

# As a user of no rights in Slurm, and as its Operator, who has none on the machine.
PLAIN=nobody
OPERATOR=daemon

setup_file() {
    make_cluster
    export PENSTOCK_LEASE=$CLUSTER/lease
    if [ -e "$BUILD/slurm/job_submit_penstock.so" ]; then
        export JOBSUBMIT=penstock PLUGINDIR=$(realpath "$BUILD")/slurm PLUGSTACK=$CLUSTER/etc/plugstack.conf
        echo "optional $PLUGINDIR/spank_penstock.so" >"$PLUGSTACK"
    fi
    NODES=2 DBD=1 start_cluster
    [ ! -e "$CLUSTER/env.sh" ] || sacctmgr -i -Q add user "$OPERATOR" account=root \
        adminlevel=Operator >/dev/null 2>&1 || true
}
teardown_file() { stop_cluster; }

setup() {
    need_cluster
    LEASE=$CLUSTER/lease
    rm -rf "$LEASE" "$LEASE.off"
    write_config
}

teardown() { end_penstock; }

# write_config [LINES FOR slurm]
write_config() {
    cat >penstock.conf <<CONF
[daemon]
state_dir = $BATS_TEST_TMPDIR/state
socket = $BATS_TEST_TMPDIR/socket
[provider test]
kind = synthetic
[zone GB]
providers = test
[pool cluster]
executor = slurm
zone = GB
partition = main
[queue green]
policy = cleanest
max_wait = 24h
[slurm]
lease = $LEASE
wake_socket = $BATS_TEST_TMPDIR/wake
$1
CONF
}

# as USER COMMAND…
as() {
    local user=$1
    shift
    setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
}

need_root() {
    [ "$(id -u)" -eq 0 ] || skip "only root acts as others"
    as "$PLAIN" test -x "$BUILD/penstock" || skip "others cannot run $BUILD/penstock"
}

# wait_job [OPTION…]: a job that is to begin in 8 hours; prints its id.
wait_job() { sbatch --parsable -t 1 -o /dev/null --begin=now+8hours "$@" --wrap 'sleep 600'; }

# set_mark JOB [MEMBERS]: as the plugin does, which sets the latest start itself.
set_mark() { scontrol update JobId="$1" AdminComment="site;penstock:v1,latest=$(begin "$1")$2,wait=28800"; }

is_due() { [ "$(begin "$1")" -le "$(date +%s)" ]; }
is_not_due() { [ "$(begin "$1")" -gt "$(date +%s)" ]; }

# How many records wait for their begin time.
waiting() { squeue --json | jq '[.jobs[] | select(.job_state == "PENDING" and .eligible_time > now)] | length'; }

@test "release-all lets go of what waits because of us, and of nothing else" {
    local marked asking other held own early
    marked=$(wait_job) && set_mark "$marked"
    asking=$(wait_job --comment 'x penstock:max-wait=8h')
    other=$(wait_job --comment 'penstock:off')
    own=$(wait_job) && set_mark "$own" ",begin=$(($(date +%s) + 7200))"
    early=$(sbatch --parsable -t 1 -o /dev/null --comment penstock:on --wrap 'sleep 600')
    held=$(wait_job) && set_mark "$held" && scontrol hold "$held"
    echo lease >"$LEASE"
    # Eight hours after its submission to the second, as the daemon has it.
    scontrol update JobId="$asking" \
        StartTime="$(date -d "@$(($(date -d "$(field "$asking" SubmitTime)" +%s) + 28800))" +%FT%T)"
    run -0 penstock slurm release-all --config penstock.conf
    echo "$output"
    [[ $output == *"job $marked of $(id -un): eligible now, was to wait until "* ]]
    [[ $output == *"job $own of $(id -un): begins at its own time, "* ]]
    [[ $output == *"3 jobs wait no longer"*"1 left alone: held"* ]]
    is_due "$marked"
    is_due "$asking"
    [ "$(begin "$other")" -gt "$(($(date +%s) + 28000))" ]
    [ $(($(begin "$own") - $(date +%s))) -le 7200 ]
    is_not_due "$own"
    [ "$(field "$held" Priority)" = 0 ]
    eventually has_started "$marked"
    [ ! -e "$LEASE" ]
    [ -e "$LEASE.off" ]
    scancel "$early"
}

@test "what the plugin has deferred starts, and it defers nothing more" {
    need_plugins
    local id
    lease 'partition all 3600 7200 main'
    id=$(sbatch --parsable -t 1 -o /dev/null --wrap 'sleep 1' 2>said)
    is_not_due "$id"
    [[ "$(cat said)" == *"penstock: may wait until "* ]]
    run -0 penstock slurm release-all --config penstock.conf
    eventually has_started "$id"
    id=$(sbatch --parsable -t 1 -o /dev/null --wrap 'sleep 1' 2>said)
    is_untouched "$id"
    [ ! -s said ]
}

@test "a dry run of release-all changes nothing" {
    local id
    id=$(wait_job) && set_mark "$id"
    echo lease >"$LEASE"
    run -0 penstock slurm release-all --dry-run --lease "$LEASE"
    [[ $output == *"job $id of $(id -un): would be eligible now"*"1 job would wait no longer"* ]]
    is_not_due "$id"
    [ -e "$LEASE" ]
    [ ! -e "$LEASE.off" ]
    run -0 penstock slurm resume --lease "$LEASE"
    [[ $output == *"nothing was switched off"* ]]
}

@test "release-all lets go of arrays, their tasks and jobs of several parts" {
    local array mixed het
    array=$(wait_job -a 0-9:3%2) && set_mark "$array"
    mixed=$(wait_job -a 1-3)
    set_mark "$mixed"
    scontrol update JobId="${mixed}_2" StartTime="$(field "$mixed" StartTime)"
    het=$(sbatch --parsable --begin=now+8hours -o /dev/null -n 1 -t 1 : -n 1 -t 1 --wrap 'sleep 600')
    set_mark "$het"
    [ "$(waiting)" -gt 0 ]
    run -0 penstock slurm release-all --lease "$LEASE"
    echo "$output"
    [ "$(waiting)" -eq 0 ]
}

@test "release-all of more jobs than one order names takes a few orders" {
    local i
    for i in $(seq 150); do wait_job >/dev/null; done
    for i in $(squeue -h -o %A); do set_mark "$i"; done
    scancel "$(squeue -h -o %A | sed -n 70p)"
    run -0 penstock slurm release-all --lease "$LEASE"
    echo "$output"
    [[ $output == *"149 jobs wait no longer"* ]]
    [[ $output == *"and 49 more"* ]]
    [ "$(waiting)" -eq 0 ]
}

@test "what was switched off is taken up again" {
    run -0 penstock slurm release-all --lease "$LEASE"
    [ -e "$LEASE.off" ]
    run -0 penstock slurm resume --config penstock.conf
    [[ $output == "$LEASE.off: removed"* ]]
    [ ! -e "$LEASE.off" ]
}

@test "release-all needs rights in Slurm, and an Operator's are enough" {
    need_root
    local id LEASE=$CLUSTER/open/lease
    mkdir "$CLUSTER/open"
    chmod 777 "$CLUSTER/open"
    id=$(wait_job) && set_mark "$id"
    run -1 --separate-stderr as "$PLAIN" "$BUILD/penstock" slurm release-all --lease "$LEASE"
    echo "$stderr"
    [[ $stderr == *"Slurm does not let us change the jobs of others"*"AdminLevel=Operator"* ]]
    is_not_due "$id"
    run -1 --separate-stderr as "$OPERATOR" "$BUILD/penstock" slurm release-all --lease "$CLUSTER/etc/lease"
    [[ $stderr == *"cannot create $CLUSTER/etc/lease.off: Permission denied"* ]]
    is_due "$id"
    id=$(wait_job) && set_mark "$id"
    run -0 as "$OPERATOR" "$BUILD/penstock" slurm release-all --lease "$LEASE.other"
    is_due "$id"
}

@test "release-all tells what it cannot do" {
    run -1 penstock slurm release-all --config nowhere.conf
    [[ $output == *"nowhere.conf"* ]]
    run -2 penstock slurm release-all --lease here
    run -2 penstock slurm forget
    [[ $output == *'slurm does not know "forget"'* ]]
    run -2 penstock slurm
    mkdir "$LEASE"
    run -1 penstock slurm release-all --lease "$LEASE"
    [[ $output == *"cannot remove"* ]]
    run -0 penstock slurm release-all --lease /nowhere/lease
    [[ $output == *"nor is its directory"* ]]
}

@test "release-all without Slurm says so, and switches off all the same" {
    write_config "commands = $BATS_TEST_TMPDIR"
    echo lease >"$LEASE"
    run -1 penstock slurm release-all --config penstock.conf
    [[ $output == *"the jobs of Slurm cannot be listed: cannot run $BATS_TEST_TMPDIR/squeue"* ]]
    [ ! -e "$LEASE" ]
    [ -e "$LEASE.off" ]
}

# start_daemon_as USER: it may do no more than that user. Where others come, too.
start_daemon_as() {
    BATS_TEST_TMPDIR=$CLUSTER/of-$1 make_penstock
    chmod 755 "$CLUSTER/of-$1"
    chown -R "$1" "$P"
    # No function: what is killed later is the daemon itself.
    setpriv --reuid="$1" --regid="$(id -g "$1")" --clear-groups \
        "$BUILD/penstockd" -c "$P/penstock.conf" 2>>"$P/log" 3>&- &
    DAEMON=$!
    eventually daemon_answers
}

# of_plain [OPTION…]: a job of the user without rights; prints its id.
of_plain() { as "$PLAIN" sbatch --parsable -o /dev/null -t 5 -D /tmp "$@" --wrap 'sleep 600'; }

@test "an Operator of Slurm may do all that the daemon does" {
    need_root
    local own early running
    own=$(of_plain --begin now+2hours --comment penstock:max-wait=8h)
    early=$(of_plain --begin now+10hours --comment penstock:early)
    running=$(of_plain)
    start_daemon_as "$OPERATOR"
    eventually is_known "$early"
    eventually is_deferred "$own"
    penstock update "$(job "$early" id)" --now
    eventually has_started "$early"
    eventually has_started "$running"
    as "$OPERATOR" scontrol requeue Incomplete "$running"
    eventually is_state "$running" PENDING
    penstock cancel "$(job "$early" id)"
    eventually is_state "$early" CANCELLED
    run ! grep -q 'Access\|Invalid user' "$P/log"
}

@test "a daemon without rights in Slurm says so, and jobs stay as they are" {
    need_root
    local id before
    id=$(as "$OPERATOR" sbatch --parsable -o /dev/null -t 5 -D /tmp --begin now+10hours \
        --comment penstock:early --wrap 'sleep 600')
    before=$(begin "$id")
    start_daemon_as "$PLAIN"
    eventually is_known "$id"
    penstock update "$(job "$id" id)" --now
    eventually grep -q "$PLAIN has to be an Operator of Slurm: sacctmgr add user $PLAIN" "$P/log"
    penstock status | tr -s ' \n' ' ' | grep -q 'account=root AdminLevel=Operator'
    [ "$(begin "$id")" -eq "$before" ]
}

# finding LEVEL ABOUT: a line of $output.
finding() { grep -q "^$1  *$2: " <<<"$output" || { echo "no $1 $2" >&2; return 1; }; }

@test "check finds all that there is of a cluster" {
    lease 'partition ask 86400 2678400 main'
    run penstock slurm check --config penstock.conf --user root
    echo "$output"
    [ "$status" -eq 0 ]
    for about in commands slurmctld rights partition nodes DefaultTime "default partition" \
        MinJobAge JobRequeue; do
        finding ok "$about"
    done
    if [ -n "$JOBSUBMIT" ]; then
        finding ok JobSubmitPlugins
        finding ok plugstack.conf
        finding ok PENSTOCK_LEASE
    else
        finding warning JobSubmitPlugins
    fi
    finding warning "idle share"
    [[ $output == *"partition main has 2 of 2 nodes up, 4 GPUs and 4 CPUs"* ]]
    [[ $output == *"100 % of the GPUs are idle now"* ]]
    [[ $output == *"0 missing, "* ]]
}

@test "check counts what runs as not idle" {
    local id
    id=$(sbatch --parsable -t 1 -o /dev/null --gres=gpu:2 -N 2 --wrap 'sleep 600')
    eventually is_state "$id" RUNNING
    run -1 penstock slurm check --config penstock.conf --user root
    [[ $output == *"0 % of the GPUs are idle now"*"always full gains nothing"* ]]
    penstock slurm check --config penstock.conf --user root --json >findings.json || true
    [ "$(jq ".idle_now == 0" findings.json)" = true ]
    [ "$(jq .idle_week findings.json)" = null ]
}

@test "check tells whether the daemon's user may change jobs" {
    run penstock slurm check --config penstock.conf --user "$OPERATOR"
    finding ok rights
    [[ $output == *"$OPERATOR may change all jobs: its AdminLevel is Operator"* ]]
    run -1 penstock slurm check --config penstock.conf --user "$PLAIN"
    finding missing rights
    [[ $output == *"AdminLevel is none"*"sacctmgr add user"* ]]
    run -1 penstock slurm check --config penstock.conf --user nosuch
    [[ $output == *"missing  rights: there is no user nosuch on this machine"* ]]
}

@test "check tells of a lease that is stale, damaged, or switched off" {
    WRITTEN=$(($(date +%s) - 1100)) lease 'partition ask 86400 2678400 main'
    run -1 penstock slurm check --config penstock.conf --user root
    [[ $output == *"missing  lease: $LEASE was written 18m20s ago, and is stale"* ]]
    echo junk >>"$LEASE"
    run -1 penstock slurm check --config penstock.conf --user root
    [[ $output == *"missing  lease: the end of the lease is damaged"* ]]
    touch "$LEASE.off"
    run -1 penstock slurm check --config penstock.conf --user root
    [[ $output == *"missing  lease: release-all has switched Penstock off: \"penstock slurm resume\""* ]]
}

@test "check names a partition that is not there, and unlike options" {
    sed -i 's/partition = main/partition = gpus/' penstock.conf
    run -1 penstock slurm check --config penstock.conf
    finding missing partition
    run -2 penstock slurm check --config penstock.conf --dry-run
    run -2 penstock slurm check --lease "$LEASE"
    run -2 penstock slurm check --config penstock.conf --user '-x y'
    run -2 penstock slurm resume --lease "$LEASE" --json
    run -1 penstock slurm check --config nowhere.conf
}

@test "check tells of a slurmctld that does not answer, and of no Slurm at all" {
    mkdir empty
    sed 's/^SlurmctldPort=.*/SlurmctldPort=1/' "$CLUSTER/etc/slurm.conf" >other.conf
    write_config "conf = $PWD/other.conf"
    run -1 timeout 60 "$BUILD/penstock" slurm check --config penstock.conf
    finding missing slurmctld
    [[ $output == *"it does not answer: "*"1 missing"* ]]
    write_config "conf = $PWD/nowhere.conf"
    run -1 penstock slurm check --config penstock.conf
    [[ $output == "missing  slurm.conf: it cannot be read: $PWD/nowhere.conf: No such file"* ]]
    write_config "commands = $PWD/empty"
    run -1 penstock slurm check --config penstock.conf
    finding missing commands
    [[ $output == *"there is no scontrol squeue sinfo scancel sacctmgr sreport"* ]]
}

@test "check tells what slurmrestd lacks where the daemon is to ask that" {
    write_config "backend = rest
rest_token_file = $PWD/token
rest_url = unix:$PWD/socket"
    lease 'partition ask 86400 2678400 main'
    run -1 penstock slurm check --config penstock.conf --user root
    finding missing slurmrestd
    finding missing AuthAltTypes
    (umask 077; echo a.b.c >token)
    touch socket
    run -1 penstock slurm check --config penstock.conf --user root
    finding ok slurmrestd
    [[ $output == *"1 missing"* ]]
}

# has_ended_in_accounting JOB STATE
has_ended_in_accounting() { sacct -nPXD -j "$1" -o State | grep -qx "$2"; }

in_accounting() { TZ=UTC sacct -nPXD -j "$1" -o "$2" | tail -n 1; }

@test "what slurmctld has forgotten before a daemon saw it end is told by accounting" {
    local kept waits fails tasks whole id
    make_penstock
    start_daemon
    kept=$(submit --mem 10 -c 1 -- true)
    waits=$(submit --mem 10 -c 1 -- true)
    fails=$(submit --mem 10 -c 1 -- 'sleep 3; exit 3')
    tasks=$(submit --mem 10 -c 1 --array=1-4 -- true)
    whole=$(submit --mem 10 -c 1 --array=1-2 -- true)
    for id in "${whole}_2" "${tasks}_2" "$fails"; do eventually is_deferred "$id"; done
    penstock update "$(job "$fails" id)" --now
    eventually has_state "$fails" running
    kill_daemon
    scontrol update JobId="$waits" StartTime=now
    scontrol update JobId="${tasks}_2" StartTime=now
    for id in "$waits" "${tasks}_2"; do eventually has_ended_in_accounting "$id" COMPLETED; done
    eventually has_ended_in_accounting "$fails" FAILED
    scancel "$whole" "${tasks}_1" "${tasks}_3" "${tasks}_4"
    for id in "$whole" "$tasks"; do eventually has_ended_in_accounting "$id" 'CANCELLED by .*'; done
    kill_slurmctld
    start_slurmctld -c
    start_daemon
    eventually has_state "$fails" failed
    for id in "$waits" "${tasks}_2"; do eventually has_state "$id" done; done
    for id in "$kept" "${whole}_1" "${tasks}_3"; do eventually has_state "$id" cancelled; done
    [ "$(job "${whole}_1" cause) $(job "${tasks}_3" cause)" = "user user" ]
    [ "$(job "$fails" exit_status)" -eq 3 ]
    [ "$(job "$fails" started)" = "$(in_accounting "$fails" Start)Z" ]
    [ "$(job "$waits" ended)" = "$(in_accounting "$waits" End)Z" ]
    [ "$(penstock report --json | jq '.parts[0].total.jobs')" -ge 3 ]
}
