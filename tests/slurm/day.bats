#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The same day on two clusters at once, one with Penstock: what it saves, by measured
# intensity and with a forecast that errs. On the other one, a dry run tells what it would
# have saved.

load common
load daemon
load day

# start_other: a cluster without Penstock; its directory is $OTHER.
start_other() {
    OTHER=$(mktemp -d "${TMPDIR:-/tmp}/penstock-slurm.XXXXXX")
    export OTHER
    chmod 755 "$OTHER"
    NODES=3 CPUS=8 tests/slurm/cluster start "$OTHER" 3>&-
}

setup_file() {
    make_cluster
    mkdir "$CLUSTER/plugins"
    ln -s "$BUILD/slurm/job_submit_penstock.so" "$CLUSTER/plugins/"
    echo "required $BUILD/slurm/spank_penstock.so" >"$CLUSTER/etc/plugstack.conf"
    export PENSTOCK_LEASE=$CLUSTER/lease
    NODES=3 CPUS=8 JOBSUBMIT=penstock PLUGINDIR=$CLUSTER/plugins \
        PLUGSTACK=$CLUSTER/etc/plugstack.conf start_cluster || return 1
    [ -n "$(lacking)" ] || start_other
}
teardown_file() {
    stop_cluster
    [ -z "$OTHER" ] || { tests/slurm/cluster stop "$OTHER" 3>&-; rm -rf "$OTHER"; }
}
setup() { need_cluster; }
teardown() {
    [ -z "$SHADOW" ] || { kill "$SHADOW"; wait "$SHADOW" || true; }
    end_penstock
}

make_day() {
    make_penstock 'default_partition = main'
    sed -i -e "s|^lease = .*|lease = $CLUSTER/lease|" \
        -e 's|^zone = GB$|zone = GB\nstart_margin = 3s|' \
        -e "s|^path = .*|path = $P/forecast.csv\nactuals_path = $P/actual.csv|" \
        -e 's|^time = .*|time = 90m|' "$P/penstock.conf"
    write_day
}

# start_shadow OPTION…: a dry run on the other cluster.
start_shadow() {
    mkdir "$P/shadow"
    sed -e "s|$P/s|$P/shadow/s|" -e "s|^conf = .*|conf = $OTHER/etc/slurm.conf\ndry_run = yes|" \
        -e "s|^lease = .*|lease = $P/shadow/lease|" -e "s|$P/wake|$P/shadow/wake|" \
        "$P/penstock.conf" >"$P/shadow/penstock.conf"
    "$BUILD/penstockd" -c "$P/shadow/penstock.conf" "$@" 2>>"$P/shadow/log" 3>&- &
    SHADOW=$!
    eventually shadow status >/dev/null
}

shadow() { PENSTOCK_SOCKET=$P/shadow/socket "$BUILD/penstock" "$@"; }

has_shadowed_all() {
    [ "$(shadow list --all --json | jq '[.jobs[] | select(.state == "done")] | length')" -eq 40 ]
}

# The job INDEX: when it comes, in hours, most of them by night; how long it runs; by when
# it is to end.
comes() { echo "$(($1 * $1 * 15 / 1600))"; }
runs() { echo "$((20 + $1 % 3 * 8))"; }
ends_by() { echo "$(((10 + $1 % 3 * 2) * HOUR))"; }

# submit_day INDEX DIRECTORY OPTION…: as one of two users
submit_day() {
    local user
    user=$([ $(($1 % 2)) -eq 0 ] && echo www-data || echo games)
    setpriv --reuid "$user" --regid "$user" --clear-groups sbatch -Q --parsable -t 1 \
        --gres=gpu:1 --mem 100 -o "$2/out-$1" "${@:3}" --wrap "
            from=\$(date +%s.%N); sleep $(runs "$1")
            echo \$from \$(date +%s.%N) >$2/run-$1; echo done"
}

# wait_until SECONDS after BEGAN
wait_until() { sleep "$(awk -v at="$1" -v began="$BEGAN" -v now="$(date +%s.%N)" \
    'BEGIN { left = began + at - now; print (left > 0 ? left : 0) }')"; }

# What the daemon's clock shows, as it did midnight at BEGAN.
clock_now() {
    awk -v began="$BEGAN" -v now="$(date +%s.%N)" -v rate="$RATE" \
        -v midnight="$(date -u -d 2026-11-21T00:00:00Z +%s)" \
        'BEGIN { printf "%d\n", midnight + (now - began) * rate }'
}

# So that a day without Penstock's hand in it fails at its begin.
knows_some() { penstock list --json | jq -e '.jobs | length > 0' >/dev/null; }

has_all() { [ "$(find "$1" -name 'run-*' | wc -l)" -eq 40 ]; }

@test "a day of forty jobs emits 15 % less, misses no deadline, and all output is there" {
    case "$BUILD" in *sanitize*) skip "the day takes eight minutes: once is enough" ;; esac
    make_day
    # Where other users may enter.
    cd "$CLUSTER" || return 1
    for place in with without; do mkdir $place; chmod 777 $place; done
    BEGAN=$(date +%s.%N)
    start_daemon --clock-rate $RATE --clock-start 2026-11-21T00:00:00Z
    start_shadow --clock-rate $RATE --clock-start "$(date -u -d "@$(clock_now)" +%FT%TZ)"
    eventually test -s "$CLUSTER/lease"
    for index in $(seq 0 39); do
        wait_until $(($(comes "$index") * HOUR))
        submit_day "$index" "$PWD/with" --carbon-deadline "$(ends_by "$index")s" >/dev/null
        date +%s >"with/came-$index"
        [ "$index" -ne 3 ] || eventually knows_some
        SLURM_CONF=$OTHER/etc/slurm.conf submit_day "$index" "$PWD/without" \
            --comment "penstock:deadline=$(ends_by "$index")s" >/dev/null
    done
    BOUND=600
    eventually has_all with
    eventually has_all without
    ours=$(emissions with "$BEGAN")
    theirs=$(emissions without "$BEGAN")
    echo "# $ours against $theirs: $((100 * (theirs - ours) / theirs)) % less" >&3
    for index in $(seq 0 39); do
        [ "$(cat "with/out-$index")" = done ]
        late=$(awk -v came="$(cat "with/came-$index")" -v most="$(ends_by "$index")" \
            '{print int($2 - came - most)}' "with/run-$index")
        [ "$late" -le 0 ] || { echo "job $index is $late s late" >&2; return 1; }
    done
    [ $((ours * 100)) -le $((theirs * 85)) ]
    eventually sh -c "[ \"\$($BUILD/penstock list --all --json | jq '[.jobs[] | select(.state == \"done\")] | length')\" -eq 40 ]"
    penstock report --json >report.json
    eventually has_shadowed_all
    promised=$(shadow report --json | jq '.parts[0] | select(.dry_run).total.saving_percent | floor')
    echo "# a dry run would have promised $promised % less" >&3
    saved=$((100 * (theirs - ours) / theirs))
    [ "$promised" -ge $((saved - 12)) ] && [ "$promised" -le $((saved + 12)) ]
}
