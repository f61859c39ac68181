#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The daemon as its operator meets it.

load lib

@test "a config with several faults lists each with its line and starts nothing" {
    cat >bad.conf <<CONF
[daemon]
state_dir = $HOME_DIR/state
colour = green

[pool lab]
zone = NOWHERE
gpus = many

[queue q]
policy = sometimes
CONF
    run "$BUILD/penstockd" -c bad.conf
    [ "$status" -eq 2 ]
    [[ "$output" == *"bad.conf:3:"*colour* ]]
    [[ "$output" == *"bad.conf:6:"*NOWHERE* ]]
    [[ "$output" == *"bad.conf:7:"* ]]
    [[ "$output" == *"bad.conf:10:"* ]]
    [ ! -e state ]
    run penstock check-config bad.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *"bad.conf:3:"*colour* ]]
}

@test "check-config tells of a group that this machine does not have, and is content" {
    write_config
    printf '%s\n' '[queue night]' 'policy = cleanest' 'groups = root, no-such-group' >>penstock.conf
    run penstock check-config penstock.conf
    [ "$status" -eq 0 ]
    [[ "$output" == *"penstock.conf: [queue night] groups: there is no group no-such-group on this machine"* ]]
    [[ "$output" != *"no group root"* ]]
    [[ "$output" == *"penstock.conf: good"* ]]
}

@test "the config as shipped is without fault" {
    run penstock check-config "$ROOT/etc/penstock.conf"
    [ "$status" -eq 0 ]
}

@test "a bad option names itself and exits with 2" {
    run "$BUILD/penstockd" --colour
    [ "$status" -eq 2 ]
    [[ "$output" == *colour* ]]
    run penstock list --colour
    [ "$status" -eq 2 ]
    [[ "$output" == *colour* ]]
    run penstock frobnicate
    [ "$status" -eq 2 ]
    [[ "$output" == *frobnicate* ]]
}

@test "without a daemon the command says so and exits with 3" {
    run penstock list
    [ "$status" -eq 3 ]
    [[ "$output" == *"$HOME_DIR/socket"* ]]
}

@test "the second daemon on one directory says so and exits" {
    start_daemon
    sed "s|^socket.*|socket = $HOME_DIR/other|" penstock.conf >other.conf
    run timeout 20 "$BUILD/penstockd" -c other.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *"$DAEMON"* ]]
    penstock status
}

@test "a stop leaves jobs running, and the next start finds them" {
    local id
    start_daemon
    id=$(submit_id --queue urgent -- sh -c 'echo up >started; while [ ! -e go ]; do sleep 0.01; done')
    wait_for test -s started
    kill "$DAEMON"
    wait "$DAEMON"
    start_daemon
    is_in_state "$id" running
    touch go
    wait_for is_in_state "$id" done
}

@test "a reload takes a good file and refuses a broken one whole" {
    start_daemon
    run penstock submit --queue night true
    [ "$status" -eq 1 ]
    printf '[queue night]\npolicy = immediate\n' >>penstock.conf
    kill -HUP "$DAEMON"
    wait_for grep -q 'reloaded' log
    penstock submit --queue night -- true
    echo 'nonsense' >>penstock.conf
    kill -HUP "$DAEMON"
    wait_for grep -q 'not reloaded' log
    penstock submit --queue night -- true
}

has_forecast() { penstock forecast GB >/dev/null 2>&1; }

has_refused() { api GET /v1/zones | grep -q '"refused":[1-9]'; }

@test "a broken forecast changes nothing but a log line and a counter" {
    # Asked for every minute, which on this clock is a fifth of a second.
    sed -i '/^\[provider test\]/a every = 1m' penstock.conf
    start_daemon --clock-rate 300 --clock-start "$(date -u +%FT%TZ)"
    wait_for has_forecast
    ! has_refused
    printf 'datetime,carbon_intensity\n2026-01-01T00:00:00Z,NaN\n' >forecast.csv
    wait_for has_refused
    has_forecast
    grep -q 'what is known goes on being used' log
}

@test "the accelerated clock is bound to its database" {
    start_daemon --clock-rate 60 --clock-start 2026-01-01T00:00:00Z
    penstock status --json | grep -q '2026-01-01T'
    kill "$DAEMON"
    wait "$DAEMON"
    run timeout 20 "$BUILD/penstockd" -c penstock.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *60* ]]
}

@test "a database of a newer version is refused and left as it is" {
    start_daemon
    kill "$DAEMON"
    wait "$DAEMON"
    sqlite3 state/penstock.db 'PRAGMA user_version = 9999'
    sum=$(sha256sum <state/penstock.db)
    run timeout 20 "$BUILD/penstockd" -c penstock.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *newer* ]]
    [ "$sum" = "$(sha256sum <state/penstock.db)" ]
}

# refuses_state SENTENCE: and leaves nothing in it.
refuses_state() {
    run timeout 20 "$BUILD/penstockd" -c penstock.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *"$HOME_DIR/state: $1"* ]]
    [ -z "$(ls -A state)" ]
}

@test "a state directory in which others may write is refused as it is" {
    mkdir state
    for mode in 0777 0770 0702 1777; do
        chmod "$mode" state
        refuses_state "its group or others may write in it"
        [ "$(stat -c %a state)" = "${mode#0}" ]
    done
    chmod 755 state
    start_daemon
}

@test "a state directory of another user is refused as it is" {
    [ "$(id -u)" -eq 0 ] || skip "only root can give a directory away"
    mkdir -m 700 state
    chown 54321 state
    refuses_state "belongs to uid 54321"
    chown 0 state
    start_daemon
}

@test "a file where the state directory should be is refused" {
    touch state
    run timeout 20 "$BUILD/penstockd" -c penstock.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *"$HOME_DIR/state: is no directory"* ]]
}

@test "as root it does not start with a launcher, and warns without one" {
    [ "$(id -u)" -eq 0 ] || skip "only root is root"
    write_config "launcher = $HOME_DIR/launcher"
    run timeout 20 "$BUILD/penstockd" -c penstock.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *"run penstockd as a user of its own"* ]]
    [ ! -e state ]
    write_config
    start_daemon
    [ "$(grep -c 'warning: .*as root' log)" -eq 1 ]
}

@test "what is installed runs from where it was installed" {
    make -s -C "$ROOT" install DESTDIR="$HOME_DIR/root" PREFIX=/usr BUILD="$BUILD" >/dev/null
    "$HOME_DIR/root/usr/bin/penstock" --version
    test -x "$HOME_DIR/root/usr/libexec/penstock/penstock-runner"
    test -e "$HOME_DIR/root/etc/penstock.conf"
    grep -q state_dir "$HOME_DIR/root/usr/share/man/man5/penstock.conf.5"
    grep -q submit "$HOME_DIR/root/usr/share/man/man1/penstock.1"
    ! grep -Fq '\e&' "$HOME_DIR/root/usr/share/man/man1/penstock.1" || false
    grep -q SIGHUP "$HOME_DIR/root/usr/share/man/man8/penstockd.8"
    grep -q uid "$HOME_DIR/root/usr/share/man/man8/penstock-launcher.8"
    grep -q ExecStart=/usr/sbin/penstockd "$HOME_DIR/root/usr/lib/systemd/system/penstockd.service"
    grep -q ExecStart=/usr/libexec/penstock/penstock-launcher \
        "$HOME_DIR/root/usr/lib/systemd/system/penstock-launcher.service"
    test -x "$HOME_DIR/root/usr/libexec/penstock/penstock-launcher"
    test -s "$HOME_DIR/root/usr/lib/sysusers.d/penstock.conf"
    test -s "$HOME_DIR/root/usr/lib/tmpfiles.d/penstock.conf"
    "$HOME_DIR/root/usr/sbin/penstockd" -c penstock.conf 2>>log &
    DAEMON=$!
    wait_for daemon_answers
    penstock submit --queue urgent --wait -- true
}
