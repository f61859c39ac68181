# SPDX-License-Identifier: MIT
# A grid for tests with a daemon of their own.

# print_grid HOUR: a table of hours, of three days to come and of one that was: 100 g/kWh
# in that hour from now, 400 else.
print_grid() {
    local now hour level
    now=$(date +%s)
    echo datetime,carbon_intensity
    for hour in $(seq -24 72); do
        level=400
        [ "$hour" -ne "$1" ] || level=100
        echo "$(date -u -d "@$((now - now % 3600 + hour * 3600))" +%FT%TZ),$level"
    done
}
