/* SPDX-License-Identifier: MIT */
#include "scheduler/replay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define PROGRESS_STEP 256
#define REPLAY_USER   "replay"

/* What has begun, and when it will have done its work. A heap, the soonest first. */
struct course {
    instant ends;
    size_t job;
    instant began;
    int32_t attempt;
};

/* What became of one job so far. */
struct progress {
    duration left; /* of its work, when it is not running */
    size_t course; /* its place in the heap, while it runs */
    bool runs;
};

struct replayer {
    struct executor executor; /* first, so that a pointer to it is one to the whole */
    struct virtual_clock clock;
    const struct replay *replay;
    struct engine *engine;
    struct progress *jobs;
    struct course *courses;
    size_t running;
    struct executor_report *reports; /* that are to be given */
    size_t report_count;
    size_t report_room;
    size_t arrived;
    size_t ended;
    instant asked; /* the hour of the last forecast */
};

static struct replayer *replayer_of(struct executor *executor)
{
    return (struct replayer *)executor;
}

static bool is_sooner(const struct course *a, const struct course *b)
{
    return a->ends < b->ends || (a->ends == b->ends && a->job < b->job);
}

static void put(struct replayer *self, size_t at, struct course course)
{
    self->courses[at] = course;
    self->jobs[course.job].course = at;
}

static void rise(struct replayer *self, size_t at, struct course course)
{
    while (at > 0 && is_sooner(&course, &self->courses[(at - 1) / 2])) {
        put(self, at, self->courses[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(self, at, course);
}

static void sink(struct replayer *self, size_t at, struct course course)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < self->running
            && is_sooner(&self->courses[child + 1], &self->courses[child]))
            child++;
        if (child >= self->running || !is_sooner(&self->courses[child], &course))
            break;
        put(self, at, self->courses[child]);
        at = child;
    }
    put(self, at, course);
}

static struct course take_course(struct replayer *self, size_t at)
{
    struct course taken = self->courses[at];
    struct course last = self->courses[--self->running];

    if (at < self->running) {
        if (at > 0 && is_sooner(&last, &self->courses[(at - 1) / 2]))
            rise(self, at, last);
        else
            sink(self, at, last);
    }
    self->jobs[taken.job].runs = false;
    return taken;
}

static void add_report(struct replayer *self, const struct executor_report *report)
{
    self->reports = xgrow(self->reports, self->report_count, &self->report_room,
                          sizeof(self->reports[0]));
    self->reports[self->report_count++] = *report;
}

static int start(struct executor *executor, const struct executor_order *order,
                 struct error *err)
{
    struct replayer *self = replayer_of(executor);
    size_t index = (size_t)order->job_id - 1;
    struct progress *job = &self->jobs[index];
    const struct executor_report begun = {
        .job_id = order->job_id,
        .attempt = order->attempt,
        .outcome = EXECUTOR_STARTED,
        .at = self->clock.time,
        .started = self->clock.time,
    };
    struct course course = {self->clock.time + job->left, index, self->clock.time,
                            order->attempt};

    (void)err;
    assert(!job->runs);
    job->runs = true;
    self->running++;
    rise(self, self->running - 1, course);
    add_report(self, &begun);
    return 0;
}

/* Report the end of what ran; `status` is 0 if it has done its work. */
static void end(struct replayer *self, size_t at, int32_t status)
{
    struct course course = take_course(self, at);
    const struct executor_report report = {
        .job_id = (int64_t)course.job + 1,
        .attempt = course.attempt,
        .outcome = EXECUTOR_ENDED,
        .at = self->clock.time,
        .started = course.began,
        .ran = self->clock.time - course.began,
        .status = status,
    };

    add_report(self, &report);
    self->replay->on_run(self->replay->context, course.job, course.began,
                         self->clock.time);
    if (status != 0)
        return;
    self->ended++;
    if (self->replay->on_progress && self->ended % PROGRESS_STEP == 0)
        self->replay->on_progress(self->replay->context, self->ended);
}

static void stop(struct executor *executor, int64_t job_id, int32_t attempt)
{
    struct replayer *self = replayer_of(executor);
    struct progress *job = &self->jobs[job_id - 1];

    (void)attempt;
    if (job->runs)
        end(self, job->course, 0);
}

/* It saves its state at once; what the restart takes is run again. */
static void pause_job(struct executor *executor, int64_t job_id, int32_t attempt,
                      const struct executor_pause *how)
{
    struct replayer *self = replayer_of(executor);
    struct progress *job = &self->jobs[job_id - 1];

    (void)how;
    (void)attempt;
    if (!job->runs)
        return;
    job->left = self->courses[job->course].ends - self->clock.time;
    if (job->left > 0)
        job->left += self->replay->policy.restart_cost;
    end(self, job->course, job->left > 0 ? 1 : 0);
}

static void adopt(struct executor *executor, int64_t job_id, int32_t attempt)
{
    (void)executor;
    (void)job_id;
    (void)attempt;
}

static void forget(struct executor *executor, int64_t job_id, int32_t attempt)
{
    (void)executor;
    (void)job_id;
    (void)attempt;
}

static void on_answer(const struct engine_answer *answer, void *context)
{
    (void)answer;
    (void)context;
}

static struct submission make_submission(const struct replay *replay,
                                         const struct trace_job *job)
{
    struct submission submission = {
        .job =
            {
                .gpus = job->gpus,
                .gpus_max = job->gpus,
                .cpus = 1,
                .power = job->power,
                .time = job->estimate,
                .time_limit = job->estimate,
                .max_wait =
                    job->max_wait == TRACE_NOT_SET ? JOB_NO_WAIT_LIMIT : job->max_wait,
                .deadline = job->deadline == TRACE_NOT_SET ? 0 : job->deadline,
                .priority = job->priority,
                .interruptible = replay->pauses && job->interruptible,
                .signal = 15,
            },
        .given = {.time = true, .time_limit = true, .memory = true, .gpus = true},
        .array_first = 1,
    };

    submission.given.max_wait = job->max_wait != TRACE_NOT_SET;
    submission.spec.name = xstrdup("job");
    submission.spec.directory = xstrdup("/");
    submission.spec.arguments = xmemdup("true", sizeof("true"));
    submission.spec.arguments_size = sizeof("true");
    return submission;
}

static int submit(struct replayer *self, const struct trace_job *job, struct error *err)
{
    const struct engine_actor actor = {.uid = 0, .user = REPLAY_USER, .admin = true};
    struct submission submission = make_submission(self->replay, job);
    struct error inner;
    int status =
        engine_submit(self->engine, &submission, 1, &actor, on_answer, NULL, &inner);

    submission_release(&submission);
    if (status < 0)
        return error_set(err, inner.code, "line %d: %.200s", (int)job->line,
                         inner.text);
    self->jobs[self->arrived++].left = job->length;
    return 0;
}

/* What had been asked for by then. */
static void recall(struct replayer *self)
{
    const struct trace *past = self->replay->past;

    for (size_t i = 0; past && i < past->count; i++) {
        struct submission submission = make_submission(self->replay, &past->jobs[i]);

        submission.job.submitted = past->jobs[i].arrives;
        if (!submission.given.max_wait)
            submission.job.max_wait = self->replay->policy.max_wait;
        engine_recall(self->engine, &submission.job);
        submission_release(&submission);
    }
}

static void give_reports(struct replayer *self)
{
    for (size_t i = 0; i < self->report_count; i++)
        engine_report(&self->reports[i], self->engine);
    self->report_count = 0;
}

/* One turn of what a daemon's driver does; false when there is nothing left to do. */
static bool turn(struct replayer *self, instant *wake)
{
    struct store_batch *batch;
    struct engine_task *task;

    give_reports(self);
    *wake = engine_step(self->engine);
    batch = engine_take_batch(self->engine);
    if (batch) {
        store_batch_destroy(batch);
        engine_settle(self->engine, NULL);
        engine_answer(self->engine, NULL);
    }
    task = engine_take_plan(self->engine);
    if (task) {
        engine_task_run(task);
        engine_adopt_plan(self->engine, task);
    }
    return batch || task || self->report_count > 0 || *wake <= self->clock.time;
}

static void ask(struct replayer *self)
{
    struct forecast *forecast;

    self->asked = self->clock.time - self->clock.time % HOUR;
    forecast = self->replay->ask(self->replay->context, self->asked);
    engine_set_forecast(self->engine, REPLAY_ZONE, forecast);
    forecast_destroy(forecast);
}

static instant sooner(instant a, instant b)
{
    return a < b ? a : b;
}

/* All that happens at one moment. */
static int live(struct replayer *self, instant *wake, struct error *err)
{
    const struct trace *trace = self->replay->trace;

    while (self->running > 0 && self->courses[0].ends <= self->clock.time)
        end(self, 0, 0);
    give_reports(self);
    if (self->clock.time - self->asked >= HOUR)
        ask(self);
    while (self->arrived < trace->count
           && trace->jobs[self->arrived].arrives <= self->clock.time)
        if (submit(self, &trace->jobs[self->arrived], err) < 0)
            return -1;
    while (turn(self, wake))
        continue;
    return 0;
}

static int run(struct replayer *self, struct error *err)
{
    const struct trace *trace = self->replay->trace;

    while (self->ended < trace->count) {
        instant wake;
        instant next;

        if (live(self, &wake, err) < 0)
            return -1;
        next = self->asked + HOUR;
        if (self->arrived < trace->count)
            next = sooner(next, trace->jobs[self->arrived].arrives);
        if (self->running > 0)
            next = sooner(next, self->courses[0].ends);
        if (wake > self->clock.time)
            next = sooner(next, wake);
        assert(next > self->clock.time);
        self->clock.time = next;
    }
    return 0;
}

int replay_run(const struct replay *replay, struct error *err)
{
    struct replayer *self;
    struct engine_ports ports = {0};
    instant first;
    int status = -1;

    if (replay->trace->count == 0)
        return 0;
    first = replay->trace->jobs[0].arrives;
    self = xcalloc(1, sizeof(*self));
    self->executor = (struct executor){start, stop, pause_job, adopt, forget};
    self->replay = replay;
    self->clock = virtual_clock_at(first - first % HOUR);
    self->asked = self->clock.time - HOUR;
    self->jobs = xcalloc(replay->trace->count, sizeof(self->jobs[0]));
    self->courses = xcalloc(replay->trace->count, sizeof(self->courses[0]));
    ports.clock = &self->clock.clock;
    self->engine = engine_create(&replay->settings, &ports);
    engine_add_zone(self->engine, REPLAY_ZONE);
    engine_set_policies(self->engine, &replay->policy, 1, replay->policy.name);
    if (engine_add_pool(self->engine, &replay->pool, &self->executor, err) < 0)
        goto out;
    recall(self);
    if (engine_load(self->engine, 0, err) == 0)
        status = run(self, err);
out:
    engine_destroy(self->engine);
    free(self->reports);
    free(self->courses);
    free(self->jobs);
    free(self);
    return status;
}
