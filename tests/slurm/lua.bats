#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# etc/job_submit.lua inside a real slurmctld.

load common

setup_file() {
    make_cluster
    export PENSTOCK_LEASE=$CLUSTER/lease
    cp "$ROOT/etc/job_submit.lua" "$CLUSTER/etc/job_submit.lua"
    : >"$CLUSTER/etc/plugstack.conf"
    [ ! -e "$BUILD/slurm/spank_penstock.so" ] \
        || echo "required $(realpath "$BUILD")/slurm/spank_penstock.so" >"$CLUSTER/etc/plugstack.conf"
    NODES=1 CPUS=4 JOBSUBMIT=lua PLUGSTACK=$CLUSTER/etc/plugstack.conf start_cluster
}

teardown_file() { stop_cluster; }

setup() {
    need_cluster
    lease 'account all 1200 7200 ice' 'partition all 3600 7200 main' 'partition ask 1800 7200 green'
}

# waits JOB SECONDS: it is marked for the daemon, and its begin is as it was.
waits() {
    [ "$(mark_of "$1" wait)" = "$2" ] && [ -z "$(mark_of "$1" latest)" ] \
        && [ "$(begin "$1")" = "$(submitted "$1")" ] || { scontrol show job "$1" >&2; return 1; }
}

@test "a job is marked for the daemon, and told of" {
    local id
    id=$(submit)
    waits "$id" 3600
    grep -q '^sbatch: penstock: may wait until 20.* for clean power, unless there is room now$' said
    eventually is_state "$id" COMPLETED
    TELL=no lease 'any all 3600 7200 -'
    waits "$(submit)" 3600
    [ ! -s said ]
}

@test "jobs opt in by partition, account or comment" {
    is_untouched "$(submit -p green)"
    waits "$(submit -p green --comment 'ice;penstock:on')" 1800
    waits "$(submit -p green --comment 'penstock:max-wait=10m,key=2b-4e')" 600
    is_untouched "$(submit -p main,green)"
    waits "$(submit -p main,green --comment penstock:on)" 1800
    waits "$(submit -p green -A ice)" 1200
    [ -z "$(mark "$(submit -H)")" ]
    timeout 30 srun -t 1 true
}

@test "options count as the plugin counts them" {
    need_plugins
    local id
    waits "$(submit --carbon-max-wait=10m)" 600
    waits "$(submit --carbon-max-wait=1-00:00:00)" 7200
    is_untouched "$(submit --carbon=off)"
    id=$(submit --carbon-deadline=90m)
    [ "$(mark_of "$id" deadline)" -eq $(($(submitted "$id") + 5400)) ]
    id=$(submit --carbon-deadline=2037-01-01T01:30:00+01:00)
    [ "$(mark_of "$id" deadline)" -eq "$(date -d 2037-01-01T00:30:00Z +%s)" ]
    is_untouched "$(submit -t 60 --carbon-deadline=1h)"
    [ -z "$(mark "$(submit -t 15 --array=1-4%1 --carbon-deadline=1h)")" ]
    grep -q ',wait=3600,interruptible$' <(mark "$(submit --carbon-interruptible)")
    id=$(submit --carbon-interruptible --no-requeue)
    waits "$id" 3600
    fails grep -q interruptible <(mark "$id")
    grep -q '^sbatch: penstock: will not be paused: only batch jobs' said
    id=$(TZ=Pacific/Chatham submit --carbon-deadline='tomorrow 00:30')
    [ "$(mark_of "$id" deadline)" -eq "$(TZ=Pacific/Chatham date -d 'tomorrow 00:30' +%s)" ]
}

@test "the user's begin is in the mark" {
    local begin
    begin=$(($(date +%s) + 1800))
    id=$(submit --begin "$(date -d "@$begin" +%FT%T)")
    [ "$(mark_of "$id" begin)" -eq "$begin" ]
    [ "$(begin "$id")" -eq "$begin" ]
}

@test "an early job waits no longer than until its own begin" {
    local begin
    begin=$(($(date +%s) + 1800))
    id=$(submit --begin "$(date -d "@$begin" +%FT%T)" --comment penstock:early,interruptible)
    [ -z "$(mark_of "$id" begin)" ]
    [ "$(mark_of "$id" wait)" -ge 1790 ]
    [ "$(mark_of "$id" wait)" -le 1800 ]
    [ "$(begin "$id")" -eq "$begin" ]
    id=$(submit --begin "$(date -d "@$begin" +%FT%T)" --comment penstock:early,time=5m --carbon=on)
    [ -z "$(mark_of "$id" begin)" ]
    [ "$(begin "$id")" -eq "$begin" ]
}

@test "what is not understood leaves the job as it is" {
    local comment
    for comment in penstock: penstock:perhaps penstock:max-wait=ten penstock:deadline=2026-02-30T00:00Z \
        penstock:on,colour=green penstock:key= penstock:max-wait=9999d penstock:on,; do
        is_untouched "$(submit --comment "$comment")"
    done
    submit --comment 'penstock:on,deadline=noon' >/dev/null
    grep -q "^sbatch: penstock: does not wait for clean power: 'deadline=noon' is not understood; write 08:00, " said
    submit --comment penstock:interuptible >/dev/null
    grep -q "'interuptible' is not understood; write on, off, early, interruptible, " said
    waits "$(submit --comment 'mypenstock:off')" 3600
}

# refused SAYS WORDS…: it is not deferred, and says why.
refused() {
    is_untouched "$(submit --comment penstock:on "${@:2}")"
    grep -qx "sbatch: penstock: does not wait for clean power: $1" said || { cat said >&2; return 1; }
}

@test "who asked is told why his job does not wait, and nobody else" {
    lease 'partition ask 1800 7200 green'
    refused "partition main is no pool of Penstock's"
    refused "partition main is no pool of Penstock's" -p green,main
    refused 'it may wait for less than a minute' -p green --comment penstock:max-wait=59s
    refused 'its deadline, .* UTC, is past' -p green --comment 'penstock:deadline=now'
    refused 'its deadline, .* UTC, less its time limit and a margin leaves no time for that' \
        -p green --comment 'penstock:deadline=2m'
    submit -H -p green --comment penstock:on
    grep -q 'clean power: it is held$' said
    is_untouched "$(submit)" && [ ! -s said ]
    is_untouched "$(submit -p green)" && [ ! -s said ]
    is_untouched "$(submit --comment penstock:off)" && [ ! -s said ]
    is_untouched "$(submit --carbon=off --carbon-max-wait=1h)"
    grep -q 'clean power: off goes before a wait or a deadline$' said
    TELL=no lease 'partition ask 1800 7200 green'
    is_untouched "$(submit --comment penstock:on)" && [ ! -s said ]
}

untouched_by() {
    is_untouched "$(submit)" || { echo "touched by $1" >&2; return 1; }
}

@test "any lease but a fresh and whole one leaves jobs untouched" {
    local lease=$CLUSTER/lease good size
    good=$(write_lease 'any all 3600 7200 -')
    rm "$lease" && untouched_by 'one that is missing'
    WRITTEN=$(($(date +%s) - 601)) lease 'any all 3600 7200 -' && untouched_by 'a stale one'
    WRITTEN=$(($(date +%s) + 90)) lease 'any all 3600 7200 -' && untouched_by 'one of the future'
    for size in 0 1 20 $((${#good} - 6)) $((${#good} - 1)); do
        printf %s "${good:0:size}" >"$lease" && untouched_by "one cut at $size"
    done
    head -c 900 /dev/urandom >"$lease" && untouched_by 'random bytes'
    { echo "$good"; head -c 20000 /dev/zero; } >"$lease" && untouched_by 'one that is huge'
    rm "$lease" && mkdir "$lease" && untouched_by 'a directory'
    rmdir "$lease" && ln -s /dev/zero "$lease" && untouched_by 'a device'
    rm "$lease" && lease 'any all 3600 7200 -'
    waits "$(submit)" 3600
    fails grep -q 'job passes untouched' "$CLUSTER/log/slurmctld.log"
}

# The script as a Slurm would run it whose Lua shows deadlines.
shown() { # shown MEMBERS OF THE JOB
    cat >newer.lua <<LUA
slurm = { SUCCESS = 0, log_user = function() end, log_info = print }
local now = os.time()
job = { deadline = 0, begin_time = 0, script = "x", time_limit = 10, priority = 4294967294, $1 }
dofile("$ROOT/etc/job_submit.lua")
slurm_job_submit(job, {}, 0)
print(string.format("%d", job.begin_time - now), (job.admin_comment or ""):gsub("=%d+", ""))
LUA
    lua5.1 newer.lua | cut -f 1,2
}

@test "where the deadline is shown begin is set as the plugin sets it" {
    command -v lua5.1 >/dev/null || skip "lua5.1 is not installed"
    local near='^\(3600\|3599\|3601\)\b'
    shown '' | grep "$near" | grep -q 'penstock:v1,latest,wait$'
    shown 'deadline = now + 3000' | grep -q '^23[67]' # less 600 and 30
    OWN_MARGIN=90 lease 'partition all 3600 7200 main'
    shown 'deadline = now + 3000' | grep -q '^23[01]'
    lease 'partition all 3600 7200 main'
    shown 'deadline = now + 3000, time_limit = 49' | grep -q '^-'
    shown 'deadline = now + 3000, time_limit = 4294967294' | grep -q '^-'
    shown 'deadline = now + 3000, het_job_offset = 1' | grep -q '^-'
    shown 'begin_time = now + 100' | grep '^\(3700\|3699\|3701\)' | grep -q 'latest,begin,wait'
    shown 'admin_comment = "ice"' | grep -q 'ice;penstock:v1,latest,wait'
    shown 'comment = "penstock:deadline=1h"' | grep -q '^29[67].*latest,deadline,wait'
}

# deadline NOW TEXT: what it marks of a deadline, in Berlin.
deadline() {
    WRITTEN=$(date -d "$1" +%s) lease 'any all 3600 7200 -'
    cat >deadline.lua <<LUA
slurm = { SUCCESS = 0, log_user = function() end, log_info = print }
os.time = function() return $(date -d "$1" +%s) end
job = { deadline = 0, begin_time = 0, script = "x", time_limit = 1, comment = "penstock:deadline=$2,on;x" }
dofile("$ROOT/etc/job_submit.lua")
slurm_job_submit(job, {}, 0)
print((job.admin_comment or "none"):match("deadline=(%d+)") or job.admin_comment or "none")
LUA
    TZ=Europe/Berlin lua5.1 deadline.lua
}

@test "a deadline is what penstock submit takes it for" {
    command -v lua5.1 >/dev/null || skip "lua5.1 is not installed"
    local now text expected
    while IFS='|' read -r now text expected; do
        [ "$expected" = none ] || expected=$(date -d "$expected" +%s)
        [ "$(deadline "$now" "$text")" = "$expected" ] \
            || { echo "$text at $now is $(deadline "$now" "$text"), not $expected" >&2; return 1; }
    done <<'ROWS'
2026-11-21T20:15Z|+24h|2026-11-22T20:15Z
2026-11-21T20:15Z|1d12h|2026-11-23T08:15Z
2026-11-21T20:15Z|+1-12:00:00|2026-11-23T08:15Z
2026-11-21T20:15Z|1-12:00:00|none
2026-11-21T20:15Z|8|none
2026-11-21T20:15Z|22:30|2026-11-21T21:30Z
2026-11-21T20:15Z|8:00|2026-11-22T07:00Z
2026-11-21T20:15Z|08:00:30.5|2026-11-22T07:00:30Z
2026-11-21T20:15Z|24:00|none
2026-11-21T20:15Z|8:00x|none
2026-11-21T20:15Z|today 23:00|2026-11-21T22:00Z
2026-11-21T20:15Z|tomorrow 08:00|2026-11-22T07:00Z
2026-11-21T23:30Z|tomorrow 08:00|2026-11-23T07:00Z
2026-11-21T20:15Z|tomorrow|none
2026-11-21T20:15Z|soon 08:00|none
2026-11-21T20:15Z|2026-11-22|2026-11-21T23:00Z
2026-11-21T20:15Z|2026-11-22 08:00|2026-11-22T07:00Z
2026-11-21T20:15Z|2026-11-22T08:00:01|2026-11-22T07:00:01Z
2026-11-21T20:15Z|2026-11-22T08:00Z|2026-11-22T08:00Z
2026-11-21T20:15Z|2026-11-22 08:00-05:00|2026-11-22T13:00Z
2026-11-21T20:15Z|2026-11-31|none
2026-11-21T20:15Z|2026-11-22 08:00 CET|2026-11-22T07:00Z
2026-10-24T20:00Z|2026-10-25 02:30|none
2026-10-24T20:00Z|02:30|none
2026-10-25T00:45Z|02:30|2026-10-25T01:30Z
2026-10-25T02:00Z|02:30|2026-10-26T01:30Z
2026-03-28T20:00Z|2026-03-29 02:30|none
2026-03-28T20:00Z|tomorrow 02:00|none
2026-03-29T01:10Z|02:30|2026-03-30T00:30Z
2026-10-25T00:10Z|2026-10-25T02:30+01:00|2026-10-25T01:30Z
ROWS
}
