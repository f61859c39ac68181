#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where figures of the grid come from, and what is said when they do not come.

load lib

hour_of() { # HOURS from now on
    date -u -d "@$(($(date +%s) / 3600 * 3600 + $1 * 3600))" +%FT%TZ
}

# Hourly figures of the last days: 300 g, and 100 g in the early morning.
write_past() { # DAYS
    echo datetime,carbon_intensity
    for hour in $(seq $((-24 * $1)) -1); do
        case $(hour_of "$hour") in
            *T0[2-4]:*) echo "$(hour_of "$hour"),100" ;;
            *) echo "$(hour_of "$hour"),300" ;;
        esac
    done
}

is_planned_by() { # WORDS
    "$BUILD/penstock" status | tr '\n' ' ' | tr -s ' ' | grep -q "GB: $1"
}

@test "past figures are imported, and the zone is planned by them when nothing else is there" {
    sed -i 's/^providers = test$/providers = test, history/' penstock.conf
    rm forecast.csv
    start_daemon
    wait_for is_planned_by "no forecast covers now, jobs there do not wait; they count by the YEARLY MEAN"
    write_past 7 >past.csv
    run "$BUILD/penstock" import GB past.csv
    [ "$status" -eq 0 ]
    [[ "$output" == "imported 168 actuals of test"* ]]
    wait_for is_planned_by "planned by the zone's OWN PAST"
    run "$BUILD/penstock" forecast GB --hours 24 --json
    [[ "$output" == *'"rung": "history"'* ]]
    [[ "$output" == *'"low_g"'* ]]
    [[ "$output" == *'"actuals": ['*'"g": 300'* ]]
    # Twice changes nothing.
    run "$BUILD/penstock" import GB past.csv --json
    [ "$status" -eq 0 ]
    run "$BUILD/penstock" forecast --skill GB
    [[ "$output" == *"GB    history"* ]]
}

@test "a provider that comes back takes over again" {
    sed -i 's/^kind = file$/&\nevery = 1m/' penstock.conf
    mv forecast.csv away.csv
    start_daemon --clock-rate 60 --clock-start "$(date -u +%FT%TZ)"
    wait_for is_planned_by "no forecast covers now"
    wait_for grep -q 'forecast from test: cannot open' log
    mv away.csv forecast.csv
    wait_for is_planned_by "planned by test, average/direct"
}

@test "a table that is not one is refused with its line, and nothing is stored" {
    start_daemon
    printf 'datetime,carbon_intensity\n%s,300\n%s,lots\n' "$(hour_of -2)" "$(hour_of -1)" >bad.csv
    run "$BUILD/penstock" import GB bad.csv
    [ "$status" -eq 1 ]
    [[ "$output" == *"bad.csv: line 3: "* ]]
    run "$BUILD/penstock" import FR bad.csv
    [ "$status" -eq 1 ]
    [[ "$output" == *"there is no zone 'FR'"* ]]
    printf 'datetime,carbon_intensity\n%s,300\n%s,300\n' "$(hour_of 1)" "$(hour_of 2)" >future.csv
    run "$BUILD/penstock" import GB future.csv
    [ "$status" -eq 1 ]
    [[ "$output" == *"measured"* ]]
}

@test "a token that others can read is not used, and status says what to do" {
    sed -i -e '/^path = /d' -e 's/^kind = file/kind = electricity-maps/' \
        -e "s|^\[provider test\]|&\nurl = http://127.0.0.1:9\ntoken_file = $HOME_DIR/token|" penstock.conf
    echo s3cret >token
    chmod 644 token
    start_daemon
    wait_for grep -q 'forecast from test: .*token' log
    run "$BUILD/penstock" status
    [[ "$(tr '\n' ' ' <<<"$output" | tr -s ' ')" == *"chmod"*"600"*"next try in"* ]]
    ! grep -q s3cret log
}

@test "check-config tells what only a provider knows" {
    sed -i -e '/^path = /d' -e 's/^kind = file/kind = energy-charts\ncountry = 7/' penstock.conf
    run "$BUILD/penstock" check-config penstock.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *"[provider test] country: "*"\"7\" is not a country code"* ]]
    run timeout 20 "$BUILD/penstockd" -c penstock.conf
    [ "$status" -ne 0 ]
    [[ "$output" == *"country"* ]]
}
