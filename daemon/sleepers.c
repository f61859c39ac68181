/* SPDX-License-Identifier: MIT */
#include "daemon/sleepers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "daemon/pool_command.h"

#define LOOK_EVERY_MS    1000
#define COMMAND_LIMIT_MS (UINT64_C(600) * 1000)

struct sleeper {
    struct sleepers *sleepers;
    size_t pool;
    struct rest rest;
    struct pool_command *command; /* NULL: none runs */
    char trouble[STORE_REASON_MAX + 1];
};

struct sleepers {
    struct daemon *daemon;
    uv_timer_t look;
    struct sleeper items[CONFIG_SECTIONS_MAX];
    size_t count;
};

static const char *name_of(const struct sleeper *sleeper)
{
    return engine_pool(sleeper->sleepers->daemon->engine, sleeper->pool)->name;
}

/* By the name: a reload makes a new config. */
static const struct config_pool *config_of(const struct sleeper *sleeper)
{
    return config_find_pool(sleeper->sleepers->daemon->config, name_of(sleeper));
}

static struct rest_settings settings_of(const struct sleeper *sleeper)
{
    const struct config_pool *config = config_of(sleeper);

    return (struct rest_settings){config->sleep_after, config->wake_before};
}

/* The caller frees. */
static char *mark_of(const struct sleeper *sleeper)
{
    struct text path = TEXT_EMPTY;

    text_add_format(&path, "%s/asleep.%s",
                    sleeper->sleepers->daemon->config->daemon.state_dir,
                    name_of(sleeper));
    return text_take(&path);
}

/* For a daemon that is started while the pool sleeps. */
static int remember(const struct sleeper *sleeper, bool is_asleep, struct error *err)
{
    char *path = mark_of(sleeper);
    int file = -1;
    int result;

    if (is_asleep)
        result = file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    else
        result = unlink(path) < 0 && errno != ENOENT ? -1 : 0;
    if (result < 0)
        error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    if (file >= 0)
        close(file);
    free(path);
    return result < 0 ? -1 : 0;
}

static bool is_remembered(const struct sleeper *sleeper)
{
    char *path = mark_of(sleeper);
    bool is_there = access(path, F_OK) == 0;

    free(path);
    return is_there;
}

static void tell_engine(const struct sleeper *sleeper)
{
    struct daemon *daemon = sleeper->sleepers->daemon;

    engine_set_sleep(daemon->engine, sleeper->pool, sleeper->rest.sleep);
    daemon_poke(daemon);
}

/* The pool is there, and nobody waits for the answer. */
static void drain(const struct sleeper *sleeper, const char *reason)
{
    const struct engine_drain drain = {name_of(sleeper), true, reason};

    (void)engine_drain(sleeper->sleepers->daemon->engine, &drain, NULL, NULL, NULL);
}

static void note_failure(struct sleeper *sleeper, const char *what, const char *later,
                         bool was_waking)
{
    snprintf(sleeper->trouble, sizeof(sleeper->trouble),
             "its %s_command failed: %.120s", was_waking ? "wake" : "sleep", what);
    if (was_waking)
        log_error("pool %s: %s; it is tried again in %s", name_of(sleeper),
                  sleeper->trouble, later);
    else
        log_warning("pool %s: %s; it stays awake, and is tried again in %s",
                    name_of(sleeper), sleeper->trouble, later);
}

static void give_up(struct sleeper *sleeper, const char *what)
{
    snprintf(sleeper->trouble, sizeof(sleeper->trouble),
             "its wake_command failed %d times: %.120s", REST_WAKES_MAX, what);
    log_error("pool %s: %s; it is drained, jobs go elsewhere or wait until it is "
              "resumed",
              name_of(sleeper), sleeper->trouble);
    drain(sleeper, sleeper->trouble);
    /* Now that is the reason why it is drained. */
    sleeper->trouble[0] = '\0';
}

static void end(struct sleeper *sleeper, const struct error *failure, const char *line)
{
    const struct rest_settings settings = settings_of(sleeper);
    const struct clock *clock = sleeper->sleepers->daemon->clock;
    instant now = clock->now(clock);
    bool was_waking = sleeper->rest.sleep == POOL_WAKING;
    bool is_given_up = rest_end(&sleeper->rest, &settings, !failure, now);
    const char *colon = *line ? ": " : "";
    struct text what = TEXT_EMPTY;
    char later[DURATION_TEXT_SIZE];

    sleeper->trouble[0] = '\0';
    if (sleeper->rest.sleep == POOL_AWAKE)
        (void)remember(sleeper, false, NULL);
    if (failure)
        text_add_format(&what, "%s%s%s", failure->text, colon, line);
    if (is_given_up)
        give_up(sleeper, what.bytes);
    else if (failure)
        note_failure(sleeper, what.bytes,
                     duration_format(sleeper->rest.not_soon - now, later), was_waking);
    else
        log_notice("pool %s: %s%s%s", name_of(sleeper),
                   pool_sleep_name(sleeper->rest.sleep), colon, line);
    text_release(&what);
    tell_engine(sleeper);
}

static void on_end(const struct error *failure, const char *line, void *context)
{
    struct sleeper *sleeper = context;

    sleeper->command = NULL;
    end(sleeper, failure, line);
}

/* Not awake from now on, so that nothing starts there while the command runs. */
static void order(struct sleeper *sleeper, const char *command)
{
    struct daemon *daemon = sleeper->sleepers->daemon;
    const struct pool_command_order what = {command, name_of(sleeper),
                                            COMMAND_LIMIT_MS};
    struct error err;

    log_notice("pool %s: %s", name_of(sleeper), pool_sleep_name(sleeper->rest.sleep));
    tell_engine(sleeper);
    if (sleeper->rest.sleep == POOL_WAKING || remember(sleeper, true, &err) == 0)
        sleeper->command =
            pool_command_start(&daemon->loop, &what, on_end, sleeper, &err);
    if (!sleeper->command)
        end(sleeper, &err, "");
}

static void look(struct sleeper *sleeper)
{
    const struct daemon *daemon = sleeper->sleepers->daemon;
    const struct config_pool *config = config_of(sleeper);
    const struct rest_settings settings = settings_of(sleeper);
    instant now = daemon->clock->now(daemon->clock);
    struct rest_outlook outlook = engine_find_outlook(daemon->engine, sleeper->pool,
                                                      now + rest_horizon(&settings));

    switch (rest_decide(&sleeper->rest, &settings, &outlook, now)) {
    case REST_SLEEP:
        order(sleeper, config->sleep_command);
        break;
    case REST_WAKE:
        order(sleeper, config->wake_command);
        break;
    case REST_STAY:
        break;
    }
}

static void on_look(uv_timer_t *timer)
{
    struct sleepers *sleepers = timer->data;

    for (size_t i = 0; i < sleepers->count; i++)
        look(&sleepers->items[i]);
}

/* What was put to sleep, or was falling asleep, is to be woken before it is used. */
static void begin(struct sleeper *sleeper)
{
    const struct daemon *daemon = sleeper->sleepers->daemon;

    if (!is_remembered(sleeper)
        || engine_find_outlook(daemon->engine, sleeper->pool, 0).is_active)
        return;
    sleeper->rest.sleep = POOL_ASLEEP;
    log_notice("pool %s: asleep since before the daemon was started", name_of(sleeper));
    tell_engine(sleeper);
}

struct sleepers *sleepers_start(struct daemon *daemon)
{
    struct sleepers *sleepers = xcalloc(1, sizeof(*sleepers));

    sleepers->daemon = daemon;
    for (size_t i = 0; i < engine_pool_count(daemon->engine); i++) {
        struct sleeper *sleeper = &sleepers->items[sleepers->count];

        *sleeper = (struct sleeper){.sleepers = sleepers, .pool = i};
        if (!config_of(sleeper)->sleep_command[0])
            continue;
        begin(sleeper);
        sleepers->count++;
    }
    uv_timer_init(&daemon->loop, &sleepers->look);
    sleepers->look.data = sleepers;
    if (sleepers->count)
        uv_timer_start(&sleepers->look, on_look, LOOK_EVERY_MS, LOOK_EVERY_MS);
    return sleepers;
}

const char *sleepers_trouble(const struct sleepers *sleepers, size_t pool)
{
    for (size_t i = 0; sleepers && i < sleepers->count; i++)
        if (sleepers->items[i].pool == pool)
            return sleepers->items[i].trouble;
    return "";
}

static void on_closed(uv_handle_t *look)
{
    free(look->data);
}

void sleepers_stop(struct sleepers *sleepers)
{
    if (!sleepers)
        return;
    for (size_t i = 0; i < sleepers->count; i++)
        pool_command_abandon(sleepers->items[i].command);
    uv_close((uv_handle_t *)&sleepers->look, on_closed);
}
