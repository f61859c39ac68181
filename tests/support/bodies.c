/* SPDX-License-Identifier: MIT */
#include "tests/support/bodies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

struct provider_settings bodies_settings(const char *name)
{
    return (struct provider_settings){
        .name = name,
        .kind = "",
        .url = "",
        .region = "",
        .country = "",
        .path = "",
        .actuals_path = "",
        .actuals_url = "",
        .user = "",
        .secret = "",
        .session = "",
        .token_header = "",
        .json_points = "",
        .json_time = "",
        .json_value = "",
        .json_renewable = "",
        .unit = "",
    };
}

/* On a copy of just that size, so that the sanitizer sees what is read beyond it. */
static int parse(const struct bodies *bodies, enum reading_kind wanted,
                 const char *text, size_t size, struct reading *reading,
                 struct error *err)
{
    char *bytes = malloc(size ? size : 1);
    struct provider_body body = {bytes, size, bodies->content_type};
    int status;

    memcpy(bytes, text, size);
    status = bodies->provider->parse(&bodies->settings, bodies->zone, wanted, &body,
                                     bodies->now, reading, err);
    free(bytes);
    return status;
}

struct reading bodies_parse(const struct bodies *bodies, enum reading_kind wanted,
                            const char *text)
{
    struct reading reading = {0};
    struct error err = {0};

    if (parse(bodies, wanted, text, strlen(text), &reading, &err) < 0)
        fail_msg("refused: %s\n%.400s", err.text, text);
    return reading;
}

static void refuse(const struct bodies *bodies, enum reading_kind wanted,
                   const char *text, size_t size, enum error_code code, const char *why)
{
    const struct reading nothing = {0};
    struct reading reading = {0};
    struct error err = {0};

    if (parse(bodies, wanted, text, size, &reading, &err) == 0)
        fail_msg("not refused: %.400s", text);
    assert_memory_equal(&nothing, &reading, sizeof(nothing));
    if (err.code != code || !strstr(err.text, why))
        fail_msg("%s: %s\n%.400s", error_code_name(err.code), err.text, text);
}

void bodies_refuse(const struct bodies *bodies, enum reading_kind wanted,
                   const char *text, enum error_code code, const char *why)
{
    refuse(bodies, wanted, text, strlen(text), code, why);
}

void bodies_refuse_nonsense(const struct bodies *bodies)
{
    static const char *const texts[] = {
        "",
        " ",
        "\n\n",
        "<!DOCTYPE html><html><body>Bad gateway</body></html>",
        "null",
        "42",
        "\"data\"",
        "{}",
        "{\"data\": {}}",
        "{\"data\": null}",
        "{\"data\": 7}",
        "{\"points\": 7}",
        "{\"data\": [null]}",
        "{\"data\": [[]]}",
        "{\"data\": [",
        "{\"data\": []} trailing",
        "{\"data\": [], \"data\": []}",
        "{\"points\": [], \"points\": []}",
        "{\"data\": [NaN]}",
        "{\"data\": [Infinity]}",
        "{\"data\": [1e999]}",
        "{\"data\": [123456789012345678901234567890]}",
        "{\"data\": \"\\u0000\"}",
        "{\"data\": \"\xff\xfe\"}",
        "\xff\xfe{\x00",
    };
    size_t depth = 100000;
    char *deep = malloc(depth);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (int wanted = 0; wanted < READING_KINDS; wanted++)
            bodies_refuse(bodies, (enum reading_kind)wanted, texts[i], ERROR_INVALID,
                          "");
    memset(deep, '[', depth);
    refuse(bodies, READING_FORECAST, deep, depth, ERROR_INVALID, "");
    free(deep);
    deep = calloc(1, PROVIDER_BODY_MAX + 1);
    refuse(bodies, READING_FORECAST, deep, PROVIDER_BODY_MAX + 1, ERROR_INVALID,
           "8 MiB");
    free(deep);
}

int64_t bodies_level(const struct reading *reading, instant when)
{
    int64_t level = -1;

    series_level(reading->forecast->intensity, when, &level, NULL);
    return level;
}

char *bodies_load_sample(const char *path)
{
    const char *directory = getenv("PENSTOCK_DATA");
    size_t room = PROVIDER_BODY_MAX;
    char *text;
    char name[1024];
    FILE *file;

    if (!directory) {
        print_message("PENSTOCK_DATA is not set: no recorded bodies\n");
        skip();
    }
    snprintf(name, sizeof(name), "%s/%s", directory ? directory : "", path);
    file = fopen(name, "re");
    if (!file)
        fail_msg("cannot open %s", name);
    text = calloc(1, room + 1);
    if (fread(text, 1, room, file) == 0)
        fail_msg("cannot read %s", name);
    fclose(file);
    return text;
}
