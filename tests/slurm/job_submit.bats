#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The job_submit plugin inside a real slurmctld, without a daemon.

load common

setup_file() {
    make_cluster
    export PENSTOCK_LEASE=$CLUSTER/lease
    command -v mariadbd >/dev/null && command -v slurmdbd >/dev/null && export DBD=1
    [ -e "$BUILD/slurm/spank_penstock.so" ] || return 0
    echo "required $(realpath "$BUILD")/slurm/spank_penstock.so" >"$CLUSTER/etc/plugstack.conf"
    # Another plugin comes first, which writes where ours does.
    cat >"$CLUSTER/etc/job_submit.lua" <<'LUA'
function slurm_job_submit(job, partitions, uid)
    if job.comment == "billed" then
        job.admin_comment = "to ice"
        slurm.log_user("billed to ice")
    end
    return slurm.SUCCESS
end
function slurm_job_modify(job, record, partitions, uid) return slurm.SUCCESS end
return slurm.SUCCESS
LUA
    NODES=2 CPUS=4 PLUGINDIR=$(realpath "$BUILD")/slurm JOBSUBMIT=lua,penstock \
        PLUGSTACK=$CLUSTER/etc/plugstack.conf start_cluster || return 1
    [ -z "$DBD" ] || sacctmgr -i -Q add qos patient >/dev/null
    cp "$CLUSTER/pid/slurmctld.pid" "$CLUSTER/pid.first"
    # For the last test, which waits for it: no daemon will ever release it.
    lease 'any all 60 60 -'
    sbatch --parsable -t 1 -o /dev/null --wrap 'exit 0' >"$CLUSTER/alone" 2>/dev/null
}

teardown_file() { stop_cluster; }

setup() {
    need_plugins
    need_cluster
    lease 'partition all 3600 7200 main' 'partition ask 1800 7200 green'
}

@test "a job gets its latest start, a mark, and its user a line" {
    local id
    id=$(submit)
    is_deferred "$id" 3600
    [ "$(field "$id" Reason)" = BeginTime ] || [ "$(field "$id" Reason)" = None ]
    [ "$(mark "$id")" = "penstock:v1,latest=$(begin "$id"),wait=3600" ]
    [ "$(cat said)" = "sbatch: penstock: may wait until $(date -d "@$(begin "$id")" '+%F %H:%M %Z') for clean power" ]
}

@test "what other plugins wrote and said stays" {
    local id
    id=$(submit --comment billed)
    is_deferred "$id" 3600
    scontrol -o show job "$id" | grep -q "AdminComment=to ice;penstock:v1,latest="
    [ "$(head -n 1 said)" = 'sbatch: billed to ice' ]
    grep -q '^sbatch: penstock: may wait until' said
}

@test "a lease that does not tell is quiet" {
    TELL=no lease 'any all 3600 7200 -'
    is_deferred "$(submit)" 3600
    [ ! -s said ]
}

@test "a job never begins before its own --begin" {
    local id begin
    begin=$(($(date +%s) + 1800))
    id=$(submit --begin "$(date -d "@$begin" +%FT%T)")
    [ "$(begin "$id")" -eq $((begin + 3600)) ]
    [ "$(mark_of "$id" begin)" -eq "$begin" ]
}

@test "no begin passes the deadline less the limit and the margin" {
    local id deadline
    deadline=$(($(date +%s) + 3000))
    id=$(submit -t 20 --deadline "$(date -d "@$deadline" +%FT%T)")
    [ "$(begin "$id")" -eq $((deadline - 1200 - 30)) ]
    OWN_MARGIN=90 lease 'partition all 3600 7200 main'
    id=$(submit -t 20 --deadline "$(date -d "@$deadline" +%FT%T)")
    [ "$(begin "$id")" -eq $((deadline - 1200 - 90)) ]
    lease 'partition all 3600 7200 main'
    # A longer limit leaves less.
    id=$(submit -t 40 --deadline "$(date -d "@$deadline" +%FT%T)")
    [ "$(begin "$id")" -eq $((deadline - 2400 - 30)) ]
    id=$(submit -t 49 --deadline "$(date -d "@$deadline" +%FT%T)")
    is_untouched "$id"
    id=$(submit -t 20 --begin "$(date -d "@$((deadline - 1260))" +%FT%T)" \
        --deadline "$(date -d "@$deadline" +%FT%T)")
    [ "$(begin "$id")" -eq $((deadline - 1260)) ]
    [ -z "$(mark "$id")" ]
}

@test "a deadline without a time limit leaves the job as it is" {
    sbatch --parsable -o /dev/null --deadline now+2hours --wrap 'exit 0' >id
    is_untouched "$(cat id)"
}

@test "the options of users count" {
    local id
    is_deferred "$(submit --carbon-max-wait=10m)" 600
    is_deferred "$(submit --carbon-max-wait=9h)" 7200
    id=$(submit --carbon-deadline=1h)
    is_deferred "$id" $((3600 - 60 - 30))
    [ "$(mark_of "$id" deadline)" -eq $(($(begin "$id") + 90)) ]
    grep -q "to end by its carbon deadline, $(date -d "@$(mark_of "$id" deadline)" '+%F %H:%M %Z')$" said
    # Two tasks after two others.
    is_deferred "$(submit --array=1-4%2 --carbon-deadline=1h)" $((3600 - 120 - 30))
    # By the user's clock, whatever that of slurmctld shows.
    id=$(TZ=Pacific/Chatham submit --carbon-deadline='tomorrow 00:30')
    [ "$(mark_of "$id" deadline)" -eq "$(TZ=Pacific/Chatham date -d 'tomorrow 00:30' +%s)" ]
    id=$(submit --comment='penstock:deadline=tomorrow 00:30')
    [ "$(mark_of "$id" deadline)" -eq "$(date -d 'tomorrow 00:30' +%s)" ]
    is_untouched "$(submit --carbon=off)"
    is_untouched "$(submit --carbon-max-wait=5s)"
    is_deferred "$(submit -t 1 --export=NONE --carbon-max-wait=10m)" 600
}

@test "only batch jobs that may be requeued are marked as interruptible" {
    local id words
    submit --carbon-interruptible >id
    grep -q ',wait=3600,interruptible$' <(mark "$(cat id)")
    fails grep -q paused said
    printf '#!/bin/sh\n#SBATCH -t 1 -o /dev/null\n#SBATCH --carbon-interruptible\n' >script
    grep -q ',interruptible$' <(mark "$(sbatch --parsable script)")
    grep -q ',interruptible$' <(mark "$(submit --comment penstock:interruptible)")
    for words in --carbon-interruptible '--comment penstock:interruptible'; do
        id=$(submit --no-requeue $words)
        is_deferred "$id" 3600
        fails grep -q interruptible <(mark "$id")
        [ "$(tail -n 1 said)" = \
            'sbatch: penstock: will not be paused: only batch jobs without --no-requeue are' ]
    done
    fails timeout 3 srun -t 1 --carbon=on --carbon-interruptible true 2>said
    grep -q '^srun: penstock: will not be paused' said
    TELL=no lease 'any all 3600 7200 -'
    submit --no-requeue --carbon-interruptible
    [ ! -s said ]
}

@test "so do the lines of a script, and a comment" {
    local id
    printf '#!/bin/sh\n#SBATCH -t 1 -o /dev/null\n#SBATCH --carbon-deadline=1h\n' >script
    id=$(sbatch --parsable script)
    is_deferred "$id" $((3600 - 60 - 30))
    is_deferred "$(submit --comment 'ice penstock:max-wait=10m;x')" 600
    is_untouched "$(submit --comment 'penstock:off')"
    is_untouched "$(submit --comment 'penstock:max-wait=ten')"
    grep -q "^sbatch: penstock: does not wait for clean power: 'ten' is not a duration" said
    is_deferred "$(submit --comment 'penstock:off' --carbon=on)" 3600
}

@test "jobs opt in by partition, account, QOS or option" {
    lease 'partition all 3600 7200 main' 'partition ask 1800 7200 green' \
        'account all 1200 7200 ice' 'qos all 900 7200 patient'
    is_deferred "$(submit -p main)" 3600
    is_untouched "$(submit -p green)"
    is_deferred "$(submit -p green --carbon=on)" 1800
    is_deferred "$(submit -p green --carbon-max-wait=10m)" 600
    is_untouched "$(submit -p main,green)"
    is_deferred "$(submit -p main,green --carbon=on)" 1800
    is_untouched "$(submit -p green -A desert)"
    lease 'account all 1200 7200 ice' 'qos all 900 7200 patient'
    is_untouched "$(submit)"
    is_deferred "$(submit -A ice)" 1200
    [ -z "$DBD" ] || is_deferred "$(submit -q patient)" 900
}

# refused SAYS WORDS…: it is not deferred, and says why.
refused() {
    is_untouched "$(submit --carbon=on "${@:2}")"
    grep -qx "sbatch: penstock: does not wait for clean power: $1" said || { cat said >&2; return 1; }
}

@test "who asked is told why his job does not wait, and nobody else" {
    lease 'partition ask 1800 7200 green'
    refused "partition main is no pool of Penstock's"
    refused "partition main is no pool of Penstock's" -p green,main
    refused 'it may wait for less than a minute' -p green --carbon-max-wait=59s
    refused "its deadline, $(date +%F) .* UTC, is past" -p green --carbon-deadline=now
    refused 'its deadline, .* UTC, less its time limit of 1m and a margin of 30s leaves no time for that' \
        -p green --comment 'penstock:deadline=+2m'
    submit -H -p green --carbon=on
    grep -q 'clean power: it is held$' said
    is_untouched "$(submit)" && [ ! -s said ]
    is_untouched "$(submit -p green)" && [ ! -s said ]
    is_untouched "$(submit --carbon=off)" && [ ! -s said ]
    TELL=no lease 'partition ask 1800 7200 green'
    is_untouched "$(submit --carbon=on)" && [ ! -s said ]
}

@test "who sits and waits is left alone, unless he asks" {
    timeout 30 srun -t 1 true
    timeout 30 salloc -t 1 true 2>/dev/null
    timeout 30 salloc -t 1 : -t 1 true 2>/dev/null
    timeout 30 srun -I -t 1 --carbon=on true
    fails timeout 3 srun -t 1 --carbon=on true 2>said
    grep -q 'may wait until' said
}

@test "a job in a reservation has a time of its own" {
    local id
    scontrol create ReservationName=seminar StartTime=now Duration=60 Users=root Nodes=cn2 >/dev/null
    id=$(submit --reservation=seminar --carbon=on)
    [ -z "$(mark "$id")" ]
    eventually is_state "$id" COMPLETED
    scontrol delete ReservationName=seminar
}

@test "a held job stays its holder's" {
    local id
    id=$(submit -H)
    [ -z "$(mark "$id")" ]
    [ "$(field "$id" Reason)" = JobHeldUser ]
}

@test "arrays wait as one, and the parts of a heterogeneous job together" {
    local id part
    is_deferred "$(submit --array 0-5)" 3600
    id=$(sbatch --parsable -t 1 -o /dev/null --wrap 'exit 0' : -t 30 --wrap true 2>said)
    for part in "$id" $((id + 1)); do is_deferred "$part" 3600; done
    # With a deadline the parts would have latest starts of their own.
    id=$(sbatch --parsable -t 1 --deadline now+2hours -o /dev/null --wrap 'exit 0' : \
        -t 30 --deadline now+2hours --wrap true)
    for part in "$id" $((id + 1)); do [ -z "$(mark "$part")" ]; done
}

@test "what users change later stays as they want it" {
    local id latest
    id=$(submit)
    latest=$(mark_of "$id" latest)
    scontrol update JobId="$id" StartTime=now+20minutes Comment=sooner TimeLimit=2
    [ "$(begin "$id")" -lt $((latest - 2000)) ]
    [ "$(mark_of "$id" latest)" = "$latest" ]
    scontrol update JobId="$id" StartTime=now
    eventually is_state "$id" COMPLETED
}

@test "a released job of whatever kind runs" {
    local id
    id=$(submit --array 0-3)
    scontrol update JobId="$id" StartTime=now
    eventually is_state "$id" COMPLETED
}

# untouched_by WHAT: a job passes while the lease is WHAT, and nothing else is wrong.
untouched_by() {
    local id
    id=$(timeout 5 sbatch --parsable -t 1 -o /dev/null --carbon=on --wrap 'exit 0' 2>said) \
        || { echo "refused by $1" >&2; return 1; }
    is_untouched "$id" || { echo "touched by $1" >&2; return 1; }
    [ ! -s said ]
}

@test "any lease but a fresh and whole one leaves jobs untouched" {
    local lease=$CLUSTER/lease good i size
    good=$(write_lease 'any all 3600 7200 -')
    rm "$lease" && untouched_by 'one that is missing'
    WRITTEN=$(($(date +%s) - 601)) lease 'any all 3600 7200 -' && untouched_by 'a stale one'
    WRITTEN=$(($(date +%s) + 90)) lease 'any all 3600 7200 -' && untouched_by 'one of the future'
    for size in 0 1 20 $((${#good} - 6)) $((${#good} - 1)); do
        printf %s "${good:0:size}" >"$lease" && untouched_by "one cut at $size"
    done
    for i in 1 2 3 4 5; do
        head -c $((i * 300)) /dev/urandom >"$lease" && untouched_by 'random bytes'
    done
    { echo "$good"; head -c 20000 /dev/zero; } >"$lease" && untouched_by 'one that is huge'
    truncate -s 1T "$lease" && untouched_by 'one of a terabyte'
    rm "$lease" && mkdir "$lease" && untouched_by 'a directory'
    rmdir "$lease" && mkfifo "$lease" && untouched_by 'a pipe'
    rm "$lease" && ln -s /dev/zero "$lease" && untouched_by 'a device'
    rm "$lease" && ln -s lease "$lease" && untouched_by 'a link to itself'
    rm "$lease" && lease 'any all 3600 7200 -' && chmod o+w "$lease" && untouched_by 'anybody'"'s"
    lease 'any all 3600 7200 -'
    is_deferred "$(submit)" 3600
}

# listener: a datagram socket that prints what comes once the file "go" is there.
listener() {
    perl -MSocket -e 'socket($s, PF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0]));
        select(undef, undef, undef, .05) until -e "go"; recv($s, $m, 99, 0); print $m' "$1" \
        >heard 3>&- &
    eventually test -S "$1"
}

@test "the daemon is woken by a datagram" {
    WAKE=$CLUSTER/wake
    listener "$WAKE"
    WAKE=$WAKE lease 'any all 3600 7200 -'
    submit >/dev/null
    touch go
    eventually grep -q '^submit$' heard
    rm "$WAKE"
}

@test "a socket that is full, or nobody's, keeps no job waiting" {
    local begun id
    listener "$CLUSTER/full"
    perl -MSocket -e 'socket($s, PF_UNIX, SOCK_DGRAM, 0);
        1 while send($s, "x", MSG_DONTWAIT, pack_sockaddr_un($ARGV[0]))' "$CLUSTER/full"
    WAKE=$CLUSTER/full lease 'any all 3600 7200 -'
    begun=$(date +%s%N)
    for _ in 1 2 3 4 5 6 7 8 9 10; do is_deferred "$(submit)" 3600; done
    [ $((($(date +%s%N) - begun) / 1000000)) -lt 3000 ]
    touch go
    WAKE=$CLUSTER/nobody lease 'any all 3600 7200 -'
    is_deferred "$(submit)" 3600
}

@test "leases may be replaced while jobs come in from all sides" {
    local id
    for _ in 1 2 3 4; do
        (for _ in $(seq 25); do submit; done >>ids 2>/dev/null) 3>&- &
    done
    while [ -n "$(jobs -rp)" ]; do
        lease 'any all 3600 7200 -'
        head -c 100 /dev/urandom >"$CLUSTER/lease.new" && mv "$CLUSTER/lease.new" "$CLUSTER/lease"
    done
    [ "$(wc -l <ids)" -eq 100 ]
    for id in $(cat ids); do
        [ -z "$(mark "$id")" ] || is_deferred "$id" 3600
    done
}

@test "slurmctld is still the one that was started, and can be reconfigured" {
    cmp "$CLUSTER/pid.first" "$CLUSTER/pid/slurmctld.pid"
    scontrol reconfigure
    is_deferred "$(submit)" 3600
    scontrol ping | grep -q 'is UP'
}

@test "without a daemon a job starts by itself at its latest start" {
    local id start
    id=$(cat "$CLUSTER/alone")
    BOUND=90 eventually is_state "$id" COMPLETED
    start=$(date -d "$(field "$id" StartTime)" +%s)
    [ "$start" -ge "$(mark_of "$id" latest)" ]
    [ "$start" -le $(($(mark_of "$id" latest) + 15)) ]
}
