#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The SPANK plugin in sbatch, salloc, srun and slurmstepd, with GPUs that a file makes up;
# see tests/nvml/fake_nvml.c.

load common

# gpus [WORDS]: both nodes see these two; their counters run from one moment on.
gpus() {
    local i
    for i in 0 1; do
        echo "uuid=GPU-fake-$i name=Fake bus=$i memory=81920 limit=400 power=50" \
            "energy=100 rate=50 utilisation=0 since=1 $1"
    done >"$CLUSTER/nvml.new"
    mv "$CLUSTER/nvml.new" "$CLUSTER/nvml"
}

setup_file() {
    make_cluster
    [ -e "$BUILD/slurm/spank_penstock.so" ] || return 0
    mkdir "$CLUSTER/energy"
    gpus
    echo "required $(realpath "$BUILD")/slurm/spank_penstock.so energy_dir=$CLUSTER/energy" \
        >"$CLUSTER/etc/plugstack.conf"
    PENSTOCK_FAKE_NVML=$CLUSTER/nvml LD_LIBRARY_PATH=$(realpath "$BUILD")/tests/nvml \
        NODES=2 PLUGSTACK=$CLUSTER/etc/plugstack.conf start_cluster
}

teardown_file() { stop_cluster; }

setup() {
    need_plugins
    need_cluster
    gpus
}

# run_job WORDS…: a job that has ended; its id is in $ID. Its script comes from stdin.
run_job() {
    { echo '#!/bin/bash'; cat; } >script
    ID=$(sbatch --parsable -t 1 -o out --gres=gpu:2 "$@" script)
    eventually is_state "$ID" COMPLETED
}

BATCH=4294967291

# drawn FILE GPU: the millijoules that it says of one.
drawn() { awk -v uuid="$2" '$1 == "gpu" && $4 == uuid { print $3 - $2 }' "$CLUSTER/energy/$1"; }

@test "the options are in the help of all three" {
    local command
    for command in sbatch salloc srun; do
        $command --help >help
        grep -q -e '--carbon-deadline=WHEN' help
        grep -q -e '--carbon-max-wait=DURATION' help
        grep -q -e '--carbon=on|off' help
        grep -q -e '--carbon-interruptible  ' help
    done
}

@test "what is wrong is refused when it is submitted, and named" {
    local command option
    printf '#!/bin/sh\n' >script && chmod +x script
    for command in sbatch salloc srun; do
        for option in carbon-deadline=8 carbon-deadline=1-00:00:00 carbon-deadline=2026-02-30T00:00:00Z \
            carbon-max-wait=long carbon-max-wait=9999d carbon=perhaps carbon=; do
            fails timeout 10 $command -t 1 --$option ./script 2>said </dev/null
            grep -q "error: --${option%%=*}: '\?${option#*=}" said || { cat said >&2; return 1; }
        done
        fails timeout 10 $command -t 1 --carbon-interruptible=on ./script </dev/null
    done
}

@test "the lines of a script are checked as well" {
    printf '#!/bin/sh\n#SBATCH --carbon-max-wait=soon\n' >script
    fails sbatch -t 1 script 2>said
    grep -q "error: --carbon-max-wait: 'soon' is not a duration" said
    printf '#!/bin/sh\n#SBATCH --carbon-deadline=noon\n' >script
    fails sbatch -t 1 script 2>said
    grep -q "error: --carbon-deadline: 'noon' is no time; write 08:00, tomorrow 08:00, +24h" said
    printf '#!/bin/sh\n#SBATCH --carbon-deadline=tomorrow 08:00\n' >script
    fails sbatch -t 1 -o /dev/null script 2>said
    grep -q 'error: --carbon-deadline: tomorrow needs a time, and both need quotes: "tomorrow 08:00"' said
}

@test "what is right is taken by all three" {
    sbatch -t 1 -o /dev/null --carbon-deadline=2030-01-01T00:00:00Z --wrap true
    timeout 30 salloc -t 1 --carbon-max-wait=1-02:00:00 true
    timeout 30 srun -t 1 --carbon-deadline=8h --carbon=on true
    sbatch -t 1 -o /dev/null --carbon-deadline='tomorrow 08:00' --wrap true
    timeout 30 salloc -t 1 --carbon-interruptible true
    timeout 30 srun -t 1 --carbon-interruptible true
}

@test "steps of a job that may be interrupted run as ever" {
    printf '#!/bin/sh\n#SBATCH --carbon-interruptible\nsrun sh -c "echo stepped"\n' >script
    ID=$(sbatch --parsable -t 1 -o out script)
    eventually is_state "$ID" COMPLETED
    grep -q stepped out
}

@test "what the GPUs of a job draw is left in a file" {
    local file
    run_job <<<'sleep 1'
    file=$ID.$BATCH.0.joules
    [ "$(head -n 4 "$CLUSTER/energy/$file")" = "penstock-joules 1
job $ID
step $BATCH
node 0 $(hostname)" ]
    [ "$(tail -n 1 "$CLUSTER/energy/$file")" = 'end 2' ]
    [ "$(drawn "$file" GPU-fake-0)" -ge 49000 ]
    [ "$(drawn "$file" GPU-fake-1)" -ge 49000 ]
    [ "$(drawn "$file" GPU-fake-0)" -le 500000 ]
    fails grep -q '^ended 0$' "$CLUSTER/energy/$file"
    [ -z "$(ls -A "$CLUSTER/energy" | grep '^\.')" ]
}

@test "a step is measured by itself, with the GPUs that it has" {
    run_job <<<'srun --gres=gpu:1 -n 1 sleep 1'
    grep -q '^end 2$' "$CLUSTER/energy/$ID.$BATCH.0.joules"
    grep -q '^end 1$' "$CLUSTER/energy/$ID.0.0.joules"
    [ "$(drawn "$ID.0.0.joules" GPU-fake-0)" -ge 49000 ]
}

@test "each node of a step leaves its own" {
    run_job -N 2 -n 4 --ntasks-per-node=2 --mem=100 <<<'srun sleep 0.2'
    grep -q '^node 0 ' "$CLUSTER/energy/$ID.0.0.joules"
    grep -q '^node 1 ' "$CLUSTER/energy/$ID.0.1.joules"
}

@test "a job that runs is there already, without an end" {
    local id
    printf '#!/bin/bash\nuntil [ -e go ]; do sleep 0.1; done\n' >script
    id=$(sbatch --parsable -t 1 -o out --gres=gpu:1 script)
    eventually grep -q '^ended 0$' "$CLUSTER/energy/$id.$BATCH.0.joules"
    touch go
    eventually is_state "$id" COMPLETED
    fails grep -q '^ended 0$' "$CLUSTER/energy/$id.$BATCH.0.joules"
}

@test "without GPUs, a driver or a directory a job runs as ever" {
    sbatch --parsable -t 1 -o out --wrap 'exit 0' >id
    eventually is_state "$(cat id)" COMPLETED
    [ ! -e "$CLUSTER/energy/$(cat id).$BATCH.0.joules" ]
    rm "$CLUSTER/nvml"
    run_job <<<'exit 0'
    [ ! -e "$CLUSTER/energy/$ID.$BATCH.0.joules" ]
    gpus
    mv "$CLUSTER/energy" "$CLUSTER/elsewhere"
    run_job <<<'exit 0'
    mv "$CLUSTER/elsewhere" "$CLUSTER/energy"
    [ ! -e "$CLUSTER/energy/$ID.$BATCH.0.joules" ]
}

@test "a lost GPU is left out, and the other counted" {
    gpus
    sed -i 's/GPU-fake-0 .*/& state=lost/' "$CLUSTER/nvml"
    run_job <<<'exit 0'
    grep -q '^end 1$' "$CLUSTER/energy/$ID.$BATCH.0.joules"
    grep -q 'GPU-fake-1$' "$CLUSTER/energy/$ID.$BATCH.0.joules"
}

@test "a driver that hangs delays a job by seconds, and fails it not" {
    local begun=$SECONDS
    gpus state=hang
    run_job <<<'echo ran'
    grep -q ran out
    [ $((SECONDS - begun)) -le 20 ]
    [ ! -e "$CLUSTER/energy/$ID.$BATCH.0.joules" ]
    gpus
    fails grep -iE 'segfault|signal 11' "$CLUSTER"/log/slurmd-*.log
}

@test "a directory that others may write to gets nothing" {
    chmod 777 "$CLUSTER/energy"
    run_job <<<'exit 0'
    chmod 755 "$CLUSTER/energy"
    [ ! -e "$CLUSTER/energy/$ID.$BATCH.0.joules" ]
}

@test "the files are root's, and users cannot make them up" {
    [ "$(id -u)" -eq 0 ] || skip "not root"
    run_job <<<'exit 0'
    [ "$(stat -c '%u %a' "$CLUSTER/energy/$ID.$BATCH.0.joules")" = '0 644' ]
    fails setpriv --reuid daemon --regid daemon --clear-groups \
        touch "$CLUSTER/energy/9.$BATCH.0.joules" 2>/dev/null
}
