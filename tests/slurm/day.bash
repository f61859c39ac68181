# SPDX-License-Identifier: MIT
# A scripted day on a fast clock: an hour is 20 seconds. Forty jobs of two users, each of
# one GPU, come through the day; what they emit is reckoned from when they ran.

HOUR=20 # seconds
RATE=180

# The day as it is measured, in g/kWh by hour, and the next one like it.
LEVELS=(420 430 430 420 400 380 330 270 210 170 150 140 150 180 220 280 350 400 430 440 440
    430 430 420)

# write_day: the forecast, which errs by up to a tenth, and the actuals.
write_day() {
    local begins hour level
    begins=$(date -u -d 2026-11-21T00:00:00Z +%s)
    for file in forecast actual; do
        {
            echo datetime,carbon_intensity
            for hour in $(seq -24 71); do
                level=${LEVELS[$(((hour + 24) % 24))]}
                [ $file = actual ] || level=$((level * (95 + (hour * 7 + 168) % 11) / 100))
                echo "$(date -u -d "@$((begins + hour * 3600))" +%FT%TZ),$level"
            done
        } >"$P/$file.csv"
    done
}

# emissions DIRECTORY BEGAN: the sum over its runs of hours x g/kWh, by the actuals, for a
# clock that showed midnight at BEGAN (seconds since the epoch, with a fraction).
emissions() {
    cat "$1"/run-* | awk -v began="$2" -v hour=$HOUR -v levels="${LEVELS[*]}" '
        BEGIN { count = split(levels, level, " ") }
        {
            from = ($1 - began) / hour; to = ($2 - began) / hour
            while (from < to) {
                end = int(from) + 1 < to ? int(from) + 1 : to
                sum += (end - from) * level[int(from) % count + 1]
                from = end
            }
        }
        END { printf "%d\n", sum }'
}
