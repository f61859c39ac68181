/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/record.h"

#include <string.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "nodes/slurm/document.h"
#include "nodes/slurm/tres.h"

#define NAME_MAX_BYTES SLURM_COMMENT_MAX
#define HOSTLIST_MAX   (1 << 20) /* bytes of a hostlist or a list of tasks */
#define MINUTES_MAX    (INSTANT_MAX / MINUTE)

struct word {
    const char *word;
    int means;
};

/*
 * What a job is, and flags upon that. Of a list the flags count first, as in the one
 * word that 22.05 gives: a job that was requeued or is being cleaned is just that.
 */
static const struct word state_words[] = {
    {"COMPLETING", SLURM_COMPLETING},
    {"STAGE_OUT", SLURM_COMPLETING},
    {"CONFIGURING", SLURM_RUNNING},
    {"POWER_UP_NODE", SLURM_RUNNING},
    {"RESIZING", SLURM_RUNNING},
    {"SIGNALING", SLURM_RUNNING},
    {"STOPPED", SLURM_SUSPENDED},
    {"REQUEUED", SLURM_PENDING},
    {"REQUEUE_FED", SLURM_PENDING},
    {"REQUEUE_HOLD", SLURM_PENDING},
    {"SPECIAL_EXIT", SLURM_PENDING},
    {"RESV_DEL_HOLD", SLURM_PENDING},
    {"REVOKED", SLURM_CANCELLED},
    {"PENDING", SLURM_PENDING},
    {"RUNNING", SLURM_RUNNING},
    {"SUSPENDED", SLURM_SUSPENDED},
    {"COMPLETED", SLURM_COMPLETED},
    {"CANCELLED", SLURM_CANCELLED},
    {"FAILED", SLURM_FAILED},
    {"TIMEOUT", SLURM_TIMEOUT},
    {"NODE_FAIL", SLURM_NODE_FAIL},
    {"PREEMPTED", SLURM_PREEMPTED},
    {"OUT_OF_MEMORY", SLURM_OUT_OF_MEMORY},
    {"DEADLINE", SLURM_DEADLINE},
    {"BOOT_FAIL", SLURM_BOOT_FAIL},
};

enum { STATE_WORDS = sizeof(state_words) / sizeof(state_words[0]) };

static const struct word reason_words[] = {
    {"BeginTime", SLURM_REASON_BEGIN_TIME},
    {"JobHeldUser", SLURM_REASON_HELD_USER},
    {"JobHeldAdmin", SLURM_REASON_HELD_ADMIN},
    {"Dependency", SLURM_REASON_DEPENDENCY},
    {"DependencyNeverSatisfied", SLURM_REASON_DEPENDENCY_NEVER},
    {"JobArrayTaskLimit", SLURM_REASON_ARRAY_LIMIT},
};

static size_t rank_of(const char *word)
{
    size_t i = 0;

    while (i < STATE_WORDS && strcmp(state_words[i].word, word) != 0)
        i++;
    return i;
}

enum slurm_state slurm_state_find(const char *word)
{
    size_t rank = rank_of(word);

    return rank < STATE_WORDS ? (enum slurm_state)state_words[rank].means
                              : SLURM_STATE_UNKNOWN;
}

static enum slurm_state state_of(const json_t *item)
{
    const json_t *json = json_object_get(item, "job_state");
    size_t rank = STATE_WORDS;
    const json_t *word;
    size_t i;

    if (json_is_string(json))
        rank = rank_of(json_string_value(json));
    json_array_foreach(json, i, word)
    {
        size_t other = json_is_string(word) ? rank_of(json_string_value(word)) : rank;

        if (other < rank)
            rank = other;
    }
    return rank < STATE_WORDS ? (enum slurm_state)state_words[rank].means
                              : SLURM_STATE_UNKNOWN;
}

static enum slurm_reason reason_of(const json_t *item)
{
    const char *said = document_text(item, "state_reason");
    const char *dependency = document_text(item, "dependency");

    for (size_t i = 0; i < sizeof(reason_words) / sizeof(reason_words[0]); i++)
        if (strcmp(reason_words[i].word, said) == 0)
            return (enum slurm_reason)reason_words[i].means;
    /* The scheduler has not looked at it yet. */
    return strstr(dependency, "(unfulfilled)") ? SLURM_REASON_DEPENDENCY
                                               : SLURM_REASON_OTHER;
}

/* A status of wait() in 22.05, an object from 23.02 on. */
static void read_exit(const json_t *item, struct slurm_job *job)
{
    const json_t *json = json_object_get(item, "exit_code");
    const json_t *signal = json_object_get(json, "signal");
    int64_t number = 0;

    if (json_object_get(json, "return_code")) {
        job->status = (int32_t)document_count(json, "return_code", 255);
        number = document_count(signal, "signal_id", 127);
        document_number(signal, "id", 127, &number);
        job->signal = (int32_t)number;
    } else if (document_number(item, "exit_code", UINT16_MAX, &number)) {
        job->status = WEXITSTATUS((int)number);
        job->signal = WTERMSIG((int)number);
    }
}

static int64_t times(int64_t count, int64_t each)
{
    int64_t product = count * each; /* of two that are below 2^31 */

    return product < SLURM_AMOUNT_MAX ? product : SLURM_AMOUNT_MAX;
}

static int64_t gpus_in(const json_t *item, const char *name)
{
    struct tres tres;

    tres_parse(document_text(item, name), &tres);
    return tres.gpus;
}

/* What the user asked for, by whatever option: for clusters that count no GPUs. */
static int64_t asked_gpus(const json_t *item, int64_t node_count)
{
    int64_t tasks = 1;
    int64_t sockets = 1;
    int64_t gpus = gpus_in(item, "tres_per_job");

    if (gpus > 0)
        return gpus;
    gpus = gpus_in(item, "tres_per_node");
    if (gpus > 0)
        return times(node_count, gpus);
    document_number(item, "tasks", SLURM_AMOUNT_MAX, &tasks);
    gpus = gpus_in(item, "tres_per_task");
    if (gpus > 0)
        return times(tasks, gpus);
    document_number(item, "sockets_per_node", SLURM_AMOUNT_MAX, &sockets);
    gpus = gpus_in(item, "tres_per_socket");
    return gpus > 0 ? times(times(node_count, sockets), gpus) : 0;
}

/* The GPUs that it was given, node by node. */
static int64_t given_gpus(const json_t *item)
{
    const json_t *detail = json_object_get(item, "gres_detail");
    const json_t *text;
    int64_t sum = 0;
    size_t i;

    json_array_foreach(detail, i, text)
    {
        struct tres tres = {.gpus = 0};

        if (json_is_string(text))
            tres_parse(json_string_value(text), &tres);
        if (tres.gpus > 0 && sum < SLURM_AMOUNT_MAX)
            sum += tres.gpus;
    }
    return sum < SLURM_AMOUNT_MAX ? sum : SLURM_AMOUNT_MAX;
}

static int64_t asked_memory(const json_t *item, int64_t node_count, int64_t cpus)
{
    int64_t memory;

    if (document_number(item, "memory_per_node", SLURM_AMOUNT_MAX, &memory))
        return times(node_count, memory);
    if (document_number(item, "memory_per_cpu", SLURM_AMOUNT_MAX, &memory))
        return times(cpus, memory);
    return 0;
}

static void read_wanted(const json_t *item, struct slurm_job *job)
{
    const char *given = document_text(item, "tres_alloc_str");
    bool is_given = job->state != SLURM_PENDING && given[0] != '\0';
    int64_t node_count = 1;
    struct tres tres;

    tres_parse(is_given ? given : document_text(item, "tres_req_str"), &tres);
    document_number(item, "node_count", SLURM_AMOUNT_MAX, &node_count);
    if (tres.cpus < 0)
        tres.cpus = document_count(item, "cpus", SLURM_AMOUNT_MAX);
    if (tres.memory < 0)
        tres.memory = asked_memory(item, node_count, tres.cpus);
    if (tres.gpus < 0 && is_given)
        tres.gpus = given_gpus(item);
    if (tres.gpus <= 0)
        tres.gpus = asked_gpus(item, node_count);
    job->wanted = (struct resources){tres.gpus, tres.cpus, tres.memory};
}

static void read_times(const json_t *item, struct slurm_job *job)
{
    job->submitted = document_count(item, "submit_time", INSTANT_MAX);
    job->deadline = document_count(item, "deadline", INSTANT_MAX);
    job->limit = MINUTE * document_count(item, "time_limit", DOCUMENT_NUMBER_MAX);
    /* The start time of one that waits may be when Slurm expects to start it. */
    if (job->state == SLURM_PENDING)
        job->begin = document_count(item, "eligible_time", INSTANT_MAX);
    /* One that never ran has the time of its end as that of its start. */
    else if (job->nodes[0] != '\0')
        job->started = document_count(item, "start_time", INSTANT_MAX);
    /* That of one that runs is when its limit ends. */
    if (slurm_state_has_ended(job->state))
        job->ended = document_count(item, "end_time", INSTANT_MAX);
}

static void read_ids(const json_t *item, struct slurm_job *job)
{
    job->array_id = document_count(item, "array_job_id", DOCUMENT_NUMBER_MAX);
    job->array_task = -1;
    job->array_tasks = document_copy(item, "array_task_string", HOSTLIST_MAX);
    if (job->array_id != 0 && job->array_tasks[0] == '\0')
        document_number(item, "array_task_id", DOCUMENT_NUMBER_MAX, &job->array_task);
    job->het_id = document_count(item, "het_job_id", DOCUMENT_NUMBER_MAX);
    job->het_offset = (int32_t)document_count(item, "het_job_offset", INT32_MAX);
    job->uid = UINT32_MAX;
    if (json_object_get(item, "user_id"))
        job->uid = (uint32_t)document_count(item, "user_id", UINT32_MAX);
}

/* The jobs of a listing as they are read. */
struct jobs {
    struct slurm_job *items;
    size_t count;
    size_t room;
};

static int on_job(const json_t *item, void *context, struct error *err)
{
    struct jobs *jobs = context;
    int64_t id = document_count(item, "job_id", DOCUMENT_NUMBER_MAX);
    struct slurm_job *job;

    (void)err;
    if (id == 0)
        return 0;
    jobs->items = xgrow(jobs->items, jobs->count, &jobs->room, sizeof(*jobs->items));
    job = &jobs->items[jobs->count++];
    *job = (struct slurm_job){
        .job_id = id,
        .user = document_copy(item, "user_name", NAME_MAX_BYTES),
        .name = document_copy(item, "name", NAME_MAX_BYTES),
        .account = document_copy(item, "account", NAME_MAX_BYTES),
        .partition = document_copy(item, "partition", HOSTLIST_MAX),
        .qos = document_copy(item, "qos", NAME_MAX_BYTES),
        .comment = document_copy(item, "comment", SLURM_COMMENT_MAX),
        .admin_comment = document_copy(item, "admin_comment", SLURM_COMMENT_MAX),
        .nodes = document_copy(item, "nodes", HOSTLIST_MAX),
        .state = state_of(item),
        .restarts = (int32_t)document_count(item, "restart_cnt", INT32_MAX),
        .requeue = json_is_true(json_object_get(item, "requeue")),
        .is_batch = !json_is_false(json_object_get(item, "batch_flag")),
        .is_reserved = document_text(item, "resv_name")[0] != '\0',
    };
    if (job->state == SLURM_PENDING)
        job->reason = reason_of(item);
    read_ids(item, job);
    read_exit(item, job);
    read_times(item, job);
    read_wanted(item, job);
    return 0;
}

int slurm_listing_parse(const char *json, size_t size, struct slurm_listing *listing,
                        struct error *err)
{
    struct jobs jobs = {0};
    int status = document_each(json, size, "jobs", SLURM_JOBS_MAX, on_job, &jobs, err);
    struct slurm_listing read = {jobs.items, jobs.count};

    if (status < 0)
        slurm_listing_release(&read);
    else
        *listing = read;
    return status;
}
