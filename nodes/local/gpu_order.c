/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_order.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "nodes/local/run_directory.h"
#include "nodes/local/run_process.h"

#define FILE_SIZE_MAX 8192

_Static_assert(RUN_BOOT_ID_LENGTH + 1 + GPU_COUNT_MAX * (GPU_UUID_MAX + 1)
                   <= FILE_SIZE_MAX,
               "what is stored can be loaded");

bool gpu_order_is_uuid(const char *uuid)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ-";

    return uuid[0] != '\0' && uuid[strspn(uuid, letters)] == '\0';
}

int gpu_order_find(const struct gpu_order *order, const char *uuid)
{
    for (size_t i = 0; i < order->count; i++)
        if (strcmp(order->uuids[i], uuid) == 0)
            return (int)i;
    return -1;
}

int gpu_order_parse(char *text, const char *boot_id, struct gpu_order *order,
                    struct error *err)
{
    struct gpu_order found = {.count = 0};
    char *rest = NULL;
    const char *line = strtok_r(text, "\n", &rest);

    if (!line || strcmp(line, boot_id) != 0) {
        order->count = 0;
        return 0;
    }
    while ((line = strtok_r(NULL, "\n", &rest))) {
        if (found.count == GPU_COUNT_MAX)
            return error_set(err, ERROR_INVALID, "more than %d GPUs", GPU_COUNT_MAX);
        if (!gpu_order_is_uuid(line) || gpu_order_find(&found, line) >= 0
            || !text_copy(found.uuids[found.count], sizeof(found.uuids[0]), line))
            return error_set(err, ERROR_INVALID, "no UUID, or one that was there");
        found.count++;
    }
    *order = found;
    return 0;
}

void gpu_order_format(const struct gpu_order *order, const char *boot_id,
                      struct text *text)
{
    text_add_format(text, "%s\n", boot_id);
    for (size_t i = 0; i < order->count; i++)
        text_add_format(text, "%s\n", order->uuids[i]);
}

static int open_directory(const char *path, struct error *err)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    return directory;
}

void gpu_order_load(const char *directory, struct gpu_order *order)
{
    char boot_id[RUN_BOOT_ID_LENGTH + 1];
    struct text text = TEXT_EMPTY;
    int file = open_directory(directory, NULL);

    order->count = 0;
    if (file < 0)
        return;
    if (run_process_boot_id(boot_id, NULL) == 0
        && run_directory_load(file, GPU_ORDER_FILE, FILE_SIZE_MAX, &text, NULL) == 0)
        gpu_order_parse(text.bytes, boot_id, order, NULL);
    text_release(&text);
    close(file);
}

int gpu_order_store(const char *directory, const struct gpu_sample *samples,
                    size_t count, struct error *err)
{
    struct gpu_order order = {.count = count};
    char boot_id[RUN_BOOT_ID_LENGTH + 1];
    struct text text = TEXT_EMPTY;
    int result;
    int file;

    for (size_t i = 0; i < count; i++) {
        memcpy(order.uuids[i], samples[i].uuid, sizeof(order.uuids[i]));
        if (!order.uuids[i][0])
            return 0;
    }
    if (run_process_boot_id(boot_id, err) < 0
        || (file = open_directory(directory, err)) < 0)
        return -1;
    gpu_order_format(&order, boot_id, &text);
    /* Should we die between the two: the same GPUs make the same order again. */
    unlinkat(file, GPU_ORDER_FILE, 0);
    result = run_directory_store(file, GPU_ORDER_FILE, 0600, &text, err);
    text_release(&text);
    close(file);
    return result;
}
