#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs of several users: each is its owner's, with no more rights, and harms nobody else.

load lib
load users

@test "a job has its owner's uid, all of the owner's groups, and no other rights" {
    local out
    out=$(run_as "$ALICE" sh -c 'id -u; id -g; id -G | tr " " "\n" | sort | tr "\n" " "; echo
        grep -E "^(Uid|Gid|CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs):" /proc/self/status')
    [ "$(sed -n 1p <<<"$out")" = "$(id -u "$ALICE")" ]
    [ "$(sed -n 2p <<<"$out")" = "$(id -g "$ALICE")" ]
    [ "$(sed -n 3p <<<"$out")" = "$(id -G "$ALICE" | tr ' ' '\n' | sort | tr '\n' ' ')" ]
    [[ $(sed -n 3p <<<"$out") == *" "*" "* ]]
    [ "$(grep -c "^Uid:$(printf '\t%s' $(id -u "$ALICE"){,,,})$" <<<"$out")" -eq 1 ]
    [ "$(grep -c '^Cap.*:.0*$' <<<"$out")" -eq 4 ]
    out=$(run_as "$BOB" id -un)
    [ "$out" = "$BOB" ]
}

@test "a job has limits of its own, whatever those of the launcher are" {
    local out
    kill_launcher
    ( ulimit -Sn 512; ulimit -Ss 4096; ulimit -c 1000
      umask 077
      exec "$HOME_DIR/bin/penstock-launcher" --socket "$HOME_DIR/run/socket" --state-dir "$HOME_DIR/state" \
          --runner "$HOME_DIR/bin/penstock-runner" --user "$KEEPER" --max-processes 300 2>>launcher.log ) &
    LAUNCHER=$!
    wait_for test -S run/socket
    out=$(run_as "$ALICE" bash -c 'ulimit -Su; ulimit -Hu; ulimit -Hc; ulimit -Ss; umask; ls /proc/self/fd')
    [ "$(head -n 5 <<<"$out" | tr '\n' ' ')" = "300 300 0 8192 0022 " ]
    # Standard input and outputs, and the directory that ls reads.
    [ "$(tail -n +6 <<<"$out" | tr '\n' ' ')" = "0 1 2 3 " ]
}

@test "memory and CPUs that were asked for are what a job gets" {
    local id
    id=$(submit_as "$ALICE" --cpus 2 --mem 48M --time-limit 60s -o out -- \
        sh -c 'ulimit -d; ulimit -t; python3 -c "x = bytearray(200 << 20)" 2>/dev/null || head -c 200M /dev/zero | tail -c 200M >/dev/null')
    wait_for has_ended "$id"
    [ "$(sed -n 1p "$ALICE/out")" = $((48 * 1024)) ]
    [ "$(sed -n 2p "$ALICE/out")" -ge 120 ]
    [ "$(sed -n 2p "$ALICE/out")" -lt 300 ]
    is_in_state "$id" failed
}

@test "a script of one user runs, and no other user can read it or its environment" {
    local id secret=moonlight
    printf '#!/bin/sh\n# %s\necho "$0 $1"; touch running; while [ ! -e go ]; do sleep 0.02; done\n' "$secret" >job.sh
    chmod 644 job.sh
    id=$(submit_as "$ALICE" -o out ../job.sh apple)
    wait_for test -e "$ALICE/running"
    run run_as "$BOB" sh -c "cat $HOME_DIR/state/runs/$id.1/script; cat $HOME_DIR/state/runs/$id.1/spec
        ls $HOME_DIR/state/runs/$id.1; ls $HOME_DIR/state/runs; ls $HOME_DIR/state; cat $HOME_DIR/state/penstock.db
        ls $HOME_DIR/run; echo > $HOME_DIR/run/socket; cat /proc/$(runner_of "$id")/environ; cat $HOME_DIR/$ALICE/out"
    [ "$(grep -ci 'permission denied' <<<"$output")" -eq 10 ] || { echo "$output"; false; }
    [[ "$output" != *"$secret"* ]]
    touch "$ALICE/go"
    wait_for is_in_state "$id" "done"
    [ "$(cat "$ALICE/out")" = "$HOME_DIR/state/runs/$id.1/script apple" ]
}

@test "the database is the daemon's alone, and the launcher's socket nobody's to find" {
    local file
    for file in state/penstock.db*; do
        [ "$(stat -c '%U %a' "$file")" = "$KEEPER 600" ]
    done
    [ "$(stat -c '%U %a' state)" = "$KEEPER 711" ]
    [ "$(stat -c '%U %a' state/runs)" = "$KEEPER 711" ]
    [ "$(stat -c '%U %G %a' run/socket)" = "root $KEEPER 660" ]
}

@test "outputs that cannot be had fail cleanly, as their owner" {
    local id path long
    long=$(printf 'x%.0s' $(seq 300))
    (as "$ALICE" sh -c 'ln -s /etc/penstock-test-output link; mkdir directory; mkfifo pipe; ln -s /etc/shadow shadow')
    mknod "$ALICE/device" c 1 1
    mknod "$ALICE/disk" b 7 200
    chown "$ALICE:" "$ALICE/device" "$ALICE/disk"
    for path in link directory pipe shadow device disk /etc/penstock-test-output "$long" /dev/mem; do
        id=$(submit_as "$ALICE" -o "$path" -- sh -c 'touch ran')
        wait_for is_in_state "$id" failed
        run penstock show "$id"
        [[ "$output" == *"cannot write to"* ]] || { echo "$path: $output"; false; }
    done
    [ ! -e "$ALICE/ran" ]
    [ ! -e /etc/penstock-test-output ]
    id=$(submit_as "$ALICE" -o /dev/null -- sh -c 'touch ran')
    wait_for is_in_state "$id" "done"
    [ -e "$ALICE/ran" ]
}

@test "a directory that its owner may not enter any more is refused" {
    local id
    id=$(submit_as "$ALICE" --hold -- true)
    mkdir "$ALICE.kept"
    mv "$ALICE" "$ALICE.kept/"
    chmod 700 "$ALICE.kept"
    ln -s "$ALICE.kept/$ALICE" "$ALICE"
    penstock release "$id"
    wait_for is_in_state "$id" failed
    run penstock show "$id"
    [[ "$output" == *"cannot enter"*"Permission denied"* ]]
}

@test "what a job's environment says reaches the job alone" {
    local id big
    cat >hook.c <<C
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void begin(void)
{
    char name[256] = "", line[300];
    int file = open("/proc/self/comm", O_RDONLY);
    if (read(file, name, 200) < 0)
        return;
    snprintf(line, sizeof(line), "%d %s", (int)getuid(), name);
    file = open("$HOME_DIR/loaded", O_WRONLY | O_APPEND);
    if (write(file, line, __builtin_strlen(line)) < 0)
        return;
}
C
    cc -shared -fPIC -o hook.so hook.c
    touch loaded
    chmod 666 loaded
    mkdir tricks
    printf '#!/bin/sh\ntouch %s/tricked\n' "$HOME_DIR/$ALICE" >tricks/penstock-runner
    cp tricks/penstock-runner tricks/sh
    chmod 755 hook.so tricks tricks/*
    id=$( (as "$ALICE" env LD_PRELOAD="$HOME_DIR/hook.so" LD_AUDIT="$HOME_DIR/hook.so" PATH="$HOME_DIR/tricks:/usr/bin" \
        SPLIT=$'a\nb=c' "$HOME_DIR/bin/penstock" submit --json --queue urgent -o out -- sleep 600) \
        | grep -o '"id": *[0-9]*' | head -n 1 | grep -o '[0-9]*')
    wait_for is_in_state "$id" running
    wait_for grep -q ' sleep$' loaded
    # The client is the user's own.
    [ "$(grep -v ' penstock$' loaded | sort -u)" = "$(id -u "$ALICE") sleep" ] || { cat loaded; false; }
    [ "$(tr -d '\0' <"/proc/$(runner_of "$id")/environ" | wc -c)" -eq 0 ]
    [ ! -e "$ALICE/tricked" ]
    [ "$(tr '\0' '\n' <"/proc/$(pgrep -U "$ALICE" -x sleep)/environ" | grep -c '^b=c$')" -eq 1 ]
    penstock cancel "$id"
    wait_for has_no_processes "$ALICE"
    # 128 KiB and more: too much is said to be.
    big=$(head -c 120000 /dev/zero | tr '\0' x)
    run env BIG="$big" bash -c 'env -i PATH=/usr/bin:/bin BIG="$BIG" PENSTOCK_SOCKET="$0" setpriv --reuid="$1" \
        --regid="$1" --init-groups "$2/bin/penstock" submit --queue urgent -o /dev/null -- sh -c "printenv BIG | wc -c > $2/$1/size"' \
        "$PENSTOCK_SOCKET" "$ALICE" "$HOME_DIR"
    [ "$status" -eq 0 ]
    wait_for test -s "$ALICE/size"
    [ "$(cat "$ALICE/size")" -eq 120001 ]
}
