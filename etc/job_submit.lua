-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Penstock for sites that want no C in slurmctld: does what job_submit_penstock does, by
-- the same lease. In slurm.conf:   JobSubmitPlugins=lua
-- and this file beside it, or its functions called from the site's own job_submit.lua.
-- To remove it, take that word out again; to switch it off, remove the lease.
--
-- A Slurm whose Lua does not show a job's --deadline (22.05) must not set begin times
-- that might pass it: there jobs are only marked, and the daemon, which sees the
-- deadline, sets their begin. Without a daemon such jobs run as if nothing had been said.
--
-- Lua cannot open a file without waiting, so the lease must be in a directory that only
-- the daemon writes to, as /run/penstock is.

local LEASE = os.getenv("PENSTOCK_LEASE") or "/run/penstock/slurm.lease"
local LEASE_SIZE_MAX = 16384
local SLACK_MIN = 60
local NO_VAL = 4294967294
local INFINITE = 4294967295
local INSTANT_MAX = 253402300799
local DURATION_MAX = 400 * 86400
local UNITS = { { "w", 604800 }, { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } }

local function number_within(text, most)
    local number = text and #text <= 12 and tonumber(text)
    return number and number <= most and number or nil
end

-- "1h30m" in seconds; nil if it is not that.
local function parse_units(text)
    local total, rest = 0, text
    for _, unit in ipairs(UNITS) do
        local count, after = rest:match("^(%d+)" .. unit[1] .. "(.*)$")
        if count then
            total = total + (number_within(count, DURATION_MAX) or DURATION_MAX + 1) * unit[2]
            rest = after
        end
    end
    return text ~= "" and rest == "" and total or nil
end

-- "1-12:00:00", "02:30:00" or "02:30"
local function parse_clock(text)
    local days, clock = text:match("^(%d+)%-(.*)$")
    local hours, minutes, seconds = (clock or text):match("^(%d+):(%d%d):(%d%d)$")
    if not hours then
        hours, minutes = (clock or text):match("^(%d+):(%d%d)$")
        seconds = "0"
    end
    days, hours = number_within(days or "0", 400), number_within(hours, 9600)
    if not days or not hours or tonumber(minutes) > 59 or tonumber(seconds) > 59
        or (clock and hours > 23) then
        return nil
    end
    return days * 86400 + hours * 3600 + minutes * 60 + seconds
end

local function parse_duration(text)
    local length
    if text:find(":", 1, true) then
        length = parse_clock(text)
    else
        length = parse_units(text)
    end
    return length and length <= DURATION_MAX and length or nil
end

local function days_in(year, month)
    if month == 2 then
        return (year % 4 == 0 and year % 100 ~= 0 or year % 400 == 0) and 29 or 28
    end
    return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

-- Days since 1970 of a Gregorian date: with years that begin in March the leap day is last.
local function days_of(year, month, day)
    local y = month > 2 and year or year - 1
    local m = month > 2 and month - 3 or month + 9
    return 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
        + math.floor((153 * m + 2) / 5) + day - 1 - 719468
end

-- "8:00", "08:00:30" or "08:00:30.5", whose fraction is cut, in seconds; and what follows.
local function take_clock(text)
    local hour, minute, rest = text:match("^(%d%d?):(%d%d)(.*)$")
    if not hour then return nil end
    local second, after = rest:match("^:(%d%d)(.*)$")
    local fraction, zone = (after or ""):match("^%.(%d+)(.*)$")
    if tonumber(hour) > 23 or tonumber(minute) > 59 or tonumber(second or 0) > 59
        or (fraction and #fraction > 9) or (after and after:match("^%.%D")) then
        return nil
    end
    return hour * 3600 + minute * 60 + (second or 0), zone or after or rest
end

-- What a local clock shows at a moment, in seconds as if it were UTC.
local function shown_at(when)
    local local_time = os.date("*t", when)
    return days_of(local_time.year, local_time.month, local_time.day) * 86400
        + local_time.hour * 3600 + local_time.min * 60 + local_time.sec
end

-- The moments at which local clocks show a time, in order: none, one or two of them. No
-- jump of the clocks that matters is further off than 38 hours.
local function readings_of(shown)
    local readings = {}
    for _, near in ipairs({ shown - 136800, shown + 136800 }) do
        local reading = shown - (shown_at(near) - near)
        if shown_at(reading) == shown and readings[1] ~= reading then
            table.insert(readings, reading)
        end
    end
    table.sort(readings)
    return readings
end

-- A time that clocks skip or show twice is none.
local function resolve(shown)
    local readings = readings_of(shown)
    return #readings == 1 and readings[1] or nil
end

-- "08:00": the first time that is not past.
local function parse_next(text, now)
    local clock, rest = take_clock(text)
    if not clock or rest ~= "" then return nil end
    local today = math.floor(shown_at(now) / 86400) * 86400
    for _, midnight in ipairs({ today, today + 86400 }) do
        local readings = readings_of(midnight + clock)
        if #readings == 0 and midnight + clock > shown_at(now) then return nil end
        if #readings == 2 and readings[1] < now and readings[2] >= now then return readings[2] end
        if #readings > 0 and readings[#readings] >= now then return #readings == 1 and readings[1] or nil end
    end
end

-- "2026-11-22", "2026-11-22 08:00" or "2026-11-22T08:00Z", also with an offset.
local function parse_date(text)
    local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
    year, month, day = tonumber(year), tonumber(month), tonumber(day)
    if not year or month < 1 or month > 12 or day < 1 or day > days_in(year, month) then
        return nil
    end
    local midnight = days_of(year, month, day) * 86400
    if rest == "" then return resolve(midnight) end
    if not rest:match("^[T ]%d%d?:") then return nil end
    local clock, zone = take_clock(rest:sub(2))
    if not clock then return nil end
    if zone == "" then return resolve(midnight + clock) end
    if zone == "Z" then return midnight + clock end
    local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
    if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
    local offset = hours * 3600 + minutes * 60
    return midnight + clock - (sign == "-" and -offset or offset)
end

-- A moment as `penstock submit --deadline` takes it: see base/when.h. Local time is that of
-- slurmctld here.
local function parse_when(text, now)
    local day, clock = text:match("^(to%l+) +(%S+)$")
    if text == "now" then
        return now
    elseif text:match("^%+") or text:match("^%d[%dsmhdw]*[smhdw]$") then
        local length = parse_duration((text:gsub("^%+", "")))
        return length and now + length
    elseif day == "today" or day == "tomorrow" then
        local seconds, rest = take_clock(clock)
        local midnight = math.floor(shown_at(now) / 86400) * 86400 + (day == "tomorrow" and 86400 or 0)
        return seconds and rest == "" and resolve(midnight + seconds) or nil
    elseif text:match("^%d%d?:") then
        return parse_next(text, now)
    end
    return parse_date(text)
end

local function parse_deadline(text, now)
    local when = parse_when(text, now)
    return when and when >= 0 and when <= INSTANT_MAX and when or nil
end

-- Take one word of a wish over; false if it is not understood.
local function take_word(wish, name, value, now)
    if name == "deadline" then
        wish.deadline = parse_deadline(value, now)
        return wish.deadline ~= nil
    elseif name == "max-wait" then
        wish.max_wait = parse_duration(value)
        return wish.max_wait ~= nil
    elseif name == "time" then -- the daemon's to heed
        return parse_duration(value) ~= nil
    elseif name == "choice" and value == "interruptible" then
        wish.interruptible = true
        return true
    elseif name == "choice" then
        wish.choice = value
        return value == "on" or value == "off" or value == "early"
    end
    return name == "key" and #value > 0 and #value < 40
end

-- A blank before the time of a deadline's day does not end what is asked for.
local DAYS = { "today", "tomorrow", "%d%d%d%d%-%d%d%-%d%d" }

-- The first word that is not understood; nil if there is none. So for the options.
local function take_comment(wish, comment, now)
    for _, day in ipairs(DAYS) do
        comment = comment:gsub("(deadline=" .. day .. ") (%d%d?:)", "%1\1%2")
    end
    for before, words in (" " .. comment):gmatch("([^%w_%-])penstock:([^%s;]*)") do
        for word in (words .. ","):gmatch("([^,]*),") do
            local name, value = word:match("^([%w-]+)=(.*)$")
            value = value and value:gsub("\1", " ")
            if not take_word(wish, name or "choice", value or word, now) then return word end
        end
    end
end

-- The options that the SPANK plugin adds, where it is installed.
local OPTIONS = { carbon_deadline = "deadline", carbon_max_wait = "max-wait", carbon = "choice" }

local function take_options(wish, variables, now)
    local moment
    for _, variable in pairs(variables) do
        moment = moment or tostring(variable):match("^PENSTOCK_DEADLINE=(.*)$")
    end
    for _, variable in pairs(variables) do
        local option, value =
            tostring(variable):match("^_SLURM_SPANK_OPTION_penstock_([%w_-]+)=(.*)$")
        local name = option and OPTIONS[option:gsub("-", "_")]
        if name == "deadline" then value = moment or value end
        if option and option:gsub("-", "_") == "carbon_interruptible" then
            wish.interruptible = true
        elseif name == "choice" and value == "on" and wish.choice == "early" then
            -- which says more than on
        elseif name and not take_word(wish, name, value, now) then
            return name .. "=" .. value
        end
    end
end

-- nil, and why, if a part of it is not understood.
local function wish_of(job, now)
    local wish = {}
    local fault = take_comment(wish, job.comment or "", now)
        or take_options(wish, job.spank_job_env or {}, now)
    if not fault then return wish end
    fault = "'" .. fault:gsub("\1", " "):sub(1, 60) .. "' is not understood; write "
    return nil, fault .. (fault:match("^'deadline=")
        and "08:00, tomorrow 08:00, +24h, 2026-11-22 08:00 or 2026-11-22T08:00Z"
        or "on, off, early, interruptible, max-wait=8h, deadline=08:00 or time=90m")
end

-- The lease, if it is whole and fresh; see nodes/slurm/lease.h for its form.
local function parse_lease(text, now)
    local written, valid, margin, tell, default, rows, count = text:match(
        "^penstock%-lease 1\nwritten (%d+)\nvalid (%d+)\nmargin (%d+)\ntell (%l+)\n"
            .. "wake [^\n]+\ndefault ([^\n]+)\n(.-)end (%d+)\n$")
    written, valid = number_within(written, INSTANT_MAX), number_within(valid, 3600)
    margin = number_within(margin, 31 * 86400)
    if not written or not valid or not margin or written > now + 60 or now > written + valid then
        return nil
    end
    local lease = { margin = margin, tells = tell == "yes", default = default }
    for row in rows:gmatch("([^\n]*)\n") do
        local kind, mode, wait, most, name = row:match("^(%l+) (%l+) (%d+) (%d+) (.+)$")
        local own = "0"
        if kind == "partition" then own, name = name:match("^(%d+) (.+)$") end
        wait, most = number_within(wait, 31 * 86400), number_within(most, 31 * 86400)
        own = number_within(own, 31 * 86400)
        if not wait or not most or not own or (mode ~= "all" and mode ~= "ask") then return nil end
        table.insert(lease, {
            kind = kind, must_ask = mode == "ask", wait = wait, most = most, margin = own, name = name,
        })
    end
    return #lease == tonumber(count) and #lease <= 64 and lease or nil
end

local function read_lease(now)
    local file = io.open(LEASE, "r")
    if not file then return nil end
    local text = file:read(LEASE_SIZE_MAX + 1)
    file:close()
    return text and #text <= LEASE_SIZE_MAX and parse_lease(text, now) or nil
end

local function partition_row(lease, name)
    for _, row in ipairs(lease) do
        if row.kind == "partition" and row.name == name then return row end
    end
end

-- The strictest rows of all partitions of a list, if each has one, and the first of them.
local function partitions_terms(lease, list)
    local terms, rows = { must_ask = false, wait = math.huge, most = math.huge, margin = 0 }, {}
    for name in (list .. ","):gmatch("([^,]*),") do
        local found = partition_row(lease, name)
        if not found then return nil end
        rows[found] = true
        terms.must_ask = terms.must_ask or found.must_ask
        terms.wait = math.min(terms.wait, found.wait)
        terms.most = math.min(terms.most, found.most)
        terms.margin = math.max(terms.margin, found.margin)
    end
    return terms, rows
end

local function terms_of(lease, job)
    local terms, rows = partitions_terms(lease, job.partition or lease.default)
    local margin = terms and terms.margin or lease.margin
    for _, row in ipairs(lease) do
        if rows and rows[row] then return terms end
        if row.kind == "any" or (row.kind == "qos" and job.qos == row.name)
            or (row.kind == "account" and job.account == row.name) then
            return { must_ask = row.must_ask, wait = row.wait, most = row.most, margin = margin }
        end
    end
end

local function is_bound(job)
    return job.priority == 0 or job.immediate == 1 or job.reservation
        or job.cron_job
end

local function written(when) return os.date("%Y-%m-%d %H:%M %Z", when) end

-- Of a list, the first partition that has no row.
local function stranger_of(lease, list)
    for name in (list .. ","):gmatch("([^,]*),") do
        if not partition_row(lease, name) then return name end
    end
    return ""
end

local function why_no_terms(lease, job)
    local name = stranger_of(lease, job.partition or lease.default)
    return (name == "" or name == "-") and "its partition is no pool of Penstock's"
        or "partition " .. name .. " is no pool of Penstock's"
end

local function why_bound(job)
    return job.priority == 0 and "it is held"
        or "it has a reservation, is to start at once, or is a cron job"
end

-- How many time limits an array takes of which so many tasks run at once, "0-99%4".
local function rounds_of(list)
    local tasks, at_once = (list or ""):match("^([%d,:-]+)%%(%d+)$")
    local count = 0
    if not tasks or tonumber(at_once) == 0 then return 1 end
    for first, rest in tasks:gmatch("(%d+)([^,]*)") do
        local last, step = rest:match("^%-(%d+):?(%d*)$")
        step = tonumber(step) or 1
        count = count + math.floor(((last or first) - first) / math.max(step, 1)) + 1
    end
    return math.ceil(count / at_once)
end

-- Until when it may wait at most: nil and why if that leaves nothing. What is not known
-- of a deadline is the daemon's to heed.
local function latest_of(terms, job, wish, eligible, wait, now)
    local limit, latest = job.time_limit, eligible + wait
    local deadline = job.deadline and job.deadline > 0 and job.deadline ~= NO_VAL and job.deadline
    if wait < SLACK_MIN then return nil, "it may wait for less than a minute" end
    if deadline or wish.deadline then
        local ends = math.min(deadline or wish.deadline, wish.deadline or deadline)
        if ends <= now then return nil, "its deadline, " .. written(ends) .. ", is past" end
        if job.het_job_offset and job.het_job_offset ~= NO_VAL then
            return nil, "a heterogeneous job with a deadline cannot"
        end
        if not limit or limit == NO_VAL or limit == INFINITE then
            return nil, "with a deadline it needs a time limit (--time)"
        end
        latest = math.min(latest, ends - limit * 60 * rounds_of(job.array_inx) - terms.margin)
        if latest - eligible < SLACK_MIN then
            return nil, "its deadline, " .. written(ends)
                .. ", less its time limit and a margin leaves no time for that"
        end
    end
    return latest
end

-- Slurm requeues no other jobs.
local function may_pause(job, wish)
    return wish.interruptible and job.script and job.requeue ~= 0
end

local function mark_of(latest, wish, begin, wait)
    return "penstock:v1"
        .. (latest and string.format(",latest=%d", latest) or "")
        .. (wish.deadline and string.format(",deadline=%d", wish.deadline) or "")
        .. (begin and string.format(",begin=%d", begin) or "")
        .. string.format(",wait=%d", wait)
end

local function asks(wish)
    return wish.choice == "on" or wish.choice == "early"
        or (not wish.choice and (wish.deadline or wish.max_wait))
end

-- Off goes before all else.
local function is_torn(wish)
    return wish.choice == "off" and (wish.deadline or wish.max_wait)
end

-- Of a job that waits, until when (`latest`), its own begin and its wait; else why not.
local function decide(lease, job, wish, now)
    local terms = terms_of(lease, job)
    if wish.choice == "off" then return { why = "off goes before a wait or a deadline" } end
    if not terms then return { why = why_no_terms(lease, job) } end
    if (terms.must_ask or not job.script) and not asks(wish) then return { why = "not asked for" } end
    if is_bound(job) then return { why = why_bound(job) } end
    local begin = job.begin_time and job.begin_time > now and job.begin_time or nil
    if begin and wish.choice == "early" then -- it is how long the job waits
        wish.max_wait, begin = begin - now, nil
    end
    local wait = math.min(wish.max_wait or (wish.deadline and terms.most) or terms.wait, terms.most)
    local latest, why = latest_of(terms, job, wish, begin or now, wait, now)
    return { latest = latest, begin = begin, wait = wait, why = why }
end

local function refuse(lease, why)
    if lease.tells then slurm.log_user("penstock: does not wait for clean power: %s", why) end
end

local function defer(job, lease, wish, now)
    local decided = decide(lease, job, wish, now)
    local latest = decided.latest
    if not latest then
        if asks(wish) or is_torn(wish) then refuse(lease, decided.why) end
        return
    end
    local sees_deadline = job.deadline ~= nil
    local mark = mark_of(sees_deadline and latest, wish, decided.begin, decided.wait)
        .. (may_pause(job, wish) and ",interruptible" or "")
    local others = job.admin_comment
    job.admin_comment = others and others ~= "" and others .. ";" .. mark or mark
    if sees_deadline then job.begin_time = latest end
    if lease.tells then
        slurm.log_user("penstock: may wait until %s for clean power%s%s", written(latest),
            sees_deadline and "" or ", unless there is room now",
            wish.deadline and ", to end by its carbon deadline, " .. written(wish.deadline) or "")
        if wish.interruptible and not may_pause(job, wish) then
            slurm.log_user("penstock: will not be paused: only batch jobs without --no-requeue are")
        end
    end
end

-- Whatever is wrong, the job passes as it came.
function penstock_job_submit(job)
    local is_well, fault = pcall(function()
        local now = os.time()
        local lease = read_lease(now)
        if not lease then return end
        local wish, fault = wish_of(job, now)
        if wish then defer(job, lease, wish, now) else refuse(lease, fault) end
    end)
    if not is_well then slurm.log_info("penstock: %s: the job passes untouched", tostring(fault)) end
end

function slurm_job_submit(job_desc, part_list, submit_uid)
    penstock_job_submit(job_desc)
    return slurm.SUCCESS
end

function slurm_job_modify(job_desc, job_rec, part_list, modify_uid)
    return slurm.SUCCESS
end

return slurm.SUCCESS
