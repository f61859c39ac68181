/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "slurm/energy.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nodes/local/nvml.h"

_Static_assert(JOULES_NAME_SIZE >= NVML_UUID_SIZE, "a UUID fits");

/* One look, of the caller and its thread; the last of them frees it. */
struct look {
    pthread_mutex_t lock;
    pthread_cond_t is_over;
    int holders;
    bool is_done;
    bool is_well;
    bool is_beginning;
    struct joules joules;
    char directory[PATH_MAX];
};

static void let_go(struct look *look)
{
    bool is_last;

    pthread_mutex_lock(&look->lock);
    is_last = --look->holders == 0;
    pthread_mutex_unlock(&look->lock);
    if (!is_last)
        return;
    pthread_cond_destroy(&look->is_over);
    pthread_mutex_destroy(&look->lock);
    free(look);
}

static struct nvml_device *find(const struct nvml *nvml, const char *name)
{
    struct nvml_device *device = NULL;
    char *end;
    unsigned long index = strtoul(name, &end, 10);
    int result = *end || end == name ? nvml->by_uuid(name, &device)
                                     : nvml->by_index((unsigned int)index, &device);

    return result == NVML_SUCCESS ? device : NULL;
}

/* False if this GPU is not to be read; one of many may be lost. */
static bool read_gpu(const struct nvml *nvml, struct joules_gpu *gpu, bool is_beginning)
{
    struct nvml_device *device = find(nvml, gpu->uuid);
    unsigned long long counted;

    if (!device || nvml->energy(device, &counted) != NVML_SUCCESS
        || counted > JOULES_MJ_MAX)
        return false;
    gpu->ended_mj = (int64_t)counted;
    if (!is_beginning)
        return true;
    gpu->began_mj = gpu->ended_mj;
    memset(gpu->uuid, 0, sizeof(gpu->uuid));
    return nvml->uuid(device, gpu->uuid, sizeof(gpu->uuid) - 1) == NVML_SUCCESS;
}

static bool read_gpus(struct look *look)
{
    struct joules *joules = &look->joules;
    struct nvml nvml;
    size_t kept = 0;

    if (nvml_open(&nvml, NULL) < 0 || !nvml.energy || nvml.init() != NVML_SUCCESS)
        return false;
    for (size_t i = 0; i < joules->gpu_count; i++) {
        bool is_read = read_gpu(&nvml, &joules->gpus[i], look->is_beginning);

        if (is_read || !look->is_beginning)
            joules->gpus[kept++] = joules->gpus[i];
    }
    joules->gpu_count = kept;
    nvml.shutdown();
    return kept > 0;
}

/* Only who owns the directory may write in it: records cannot be made up. */
static int open_directory(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;

    if (directory < 0)
        return -1;
    if (fstat(directory, &status) == 0 && status.st_uid == geteuid()
        && !(status.st_mode & (S_IWGRP | S_IWOTH)))
        return directory;
    close(directory);
    return -1;
}

static bool write_file(int directory, const char *name, const char *text)
{
    size_t length = strlen(text);
    int file = openat(directory, name,
                      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool is_written;

    if (file < 0)
        return false;
    is_written = write(file, text, length) == (ssize_t)length;
    return close(file) == 0 && is_written;
}

static bool write_record(const struct look *look)
{
    char text[JOULES_SIZE_MAX], name[JOULES_FILE_SIZE], draft[JOULES_FILE_SIZE + 1];
    int directory;
    bool is_written;

    if (joules_format(&look->joules, text, sizeof(text), NULL) < 0)
        return false;
    directory = open_directory(look->directory);
    if (directory < 0)
        return false;
    joules_file_name(&look->joules, name);
    snprintf(draft, sizeof(draft), ".%s", name);
    is_written = write_file(directory, draft, text)
                 && renameat(directory, draft, directory, name) == 0;
    close(directory);
    return is_written;
}

static void *run(void *context)
{
    struct look *look = context;
    bool is_well = read_gpus(look) && write_record(look);

    pthread_mutex_lock(&look->lock);
    look->is_well = is_well;
    look->is_done = true;
    pthread_cond_signal(&look->is_over);
    pthread_mutex_unlock(&look->lock);
    let_go(look);
    return NULL;
}

/* Wait for the thread, but not for ever. */
static bool await(struct look *look, struct joules *joules)
{
    struct timespec end;
    bool is_well;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ENERGY_PATIENCE;
    pthread_mutex_lock(&look->lock);
    while (!look->is_done
           && pthread_cond_timedwait(&look->is_over, &look->lock, &end) == 0)
        ;
    is_well = look->is_done && look->is_well;
    if (is_well)
        *joules = look->joules;
    pthread_mutex_unlock(&look->lock);
    return is_well;
}

static bool look_at(struct joules *joules, const struct joules *wanted,
                    const char *directory, bool is_beginning)
{
    struct look *look = calloc(1, sizeof(*look));
    pthread_t thread;
    bool is_well;

    if (!look)
        return false;
    pthread_mutex_init(&look->lock, NULL);
    pthread_cond_init(&look->is_over, NULL);
    look->holders = 2;
    look->is_beginning = is_beginning;
    look->joules = *wanted;
    snprintf(look->directory, sizeof(look->directory), "%s", directory);
    if (pthread_create(&thread, NULL, run, look) != 0) {
        look->holders = 1;
        let_go(look);
        return false;
    }
    pthread_detach(thread);
    is_well = await(look, joules);
    let_go(look);
    return is_well;
}

/* The names of a list, where their UUIDs are going to be. */
static void take_list(struct joules *joules, const char *list)
{
    joules->gpu_count = 0;
    for (const char *at = list; *at && joules->gpu_count < JOULES_GPUS_MAX;) {
        struct joules_gpu *gpu = &joules->gpus[joules->gpu_count];
        size_t length = strcspn(at, ",");

        if (length > 0 && length < sizeof(gpu->uuid)) {
            *gpu = (struct joules_gpu){0};
            memcpy(gpu->uuid, at, length);
            joules->gpu_count++;
        }
        at += length;
        at += *at == ',';
    }
}

bool energy_begin(struct joules *joules, const char *gpus, const char *directory)
{
    struct joules wanted = *joules;

    take_list(&wanted, gpus);
    wanted.ended = 0;
    return look_at(joules, &wanted, directory, true);
}

bool energy_end(struct joules *joules, const char *directory)
{
    return look_at(joules, joules, directory, false);
}
