/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "queue/job_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted holds what the header promises. */
static void check_submission(const struct submission *submission)
{
    const struct job *job = &submission->job;
    const struct job_spec *spec = &submission->spec;

    assert(job->gpus >= 0);
    assert(job->gpus <= job->gpus_max);
    assert(job->gpus_max <= JOB_GPUS_MAX);
    assert(job->cpus >= 1);
    assert(job->memory >= 0);
    assert(job->memory <= JOB_MEMORY_MAX);
    assert(job->time_limit >= 0);
    assert(job->time_limit <= JOB_TIME_MAX);
    assert(spec->arguments_size <= JOB_ARGUMENTS_MAX);
    assert(spec->environment_size <= JOB_ENVIRONMENT_MAX);
    assert(spec->after_count <= JOB_AFTER_MAX);
    assert(spec->directory);
    assert(spec->name);
    assert(spec->arguments_size == 0 || !spec->arguments[spec->arguments_size - 1]);
}

static void fuzz_submissions(const char *body, size_t size)
{
    struct submission *submissions = NULL;
    struct error err = {0};
    size_t count = 0;
    size_t jobs = 0;
    bool is_array = false;

    if (submissions_parse(body, size, &submissions, &count, &is_array, &err) < 0) {
        assert(err.code != ERROR_NONE);
        assert(err.text[0]);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct submission *submission = &submissions[i];

        check_submission(submission);
        jobs += submission->array_first > submission->array_last
                    ? 1
                    : (size_t)(submission->array_last - submission->array_first) + 1;
        submission->job.time = submission->job.time ? submission->job.time : 1;
        submission->job.time_limit =
            submission->job.time_limit ? submission->job.time_limit : 1;
        job_check(&submission->job, &submission->spec, &err);
        submission_release(submission);
    }
    assert(jobs <= REQUEST_JOBS_MAX);
    free(submissions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = xcalloc(size + 1, 1);
    struct job_update update;
    int32_t first = 0;
    int32_t last = 0;
    int32_t limit = 0;

    memcpy(body, data, size);
    fuzz_submissions(body, size);
    job_update_parse(body, size, &update, NULL);
    if (array_range_parse(body, &first, &last, &limit, NULL) == 0) {
        assert(first >= 0);
        assert(first <= last);
        assert(last - first < JOB_ARRAY_MAX);
    }
    if (gpu_range_parse(body, &first, &last, NULL) == 0)
        assert(first <= last);
    free(body);
    return 0;
}
