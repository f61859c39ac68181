/* SPDX-License-Identifier: MIT */
#ifndef NODES_METER_H
#define NODES_METER_H

#include <stddef.h>

#include "nodes/gpu.h"
#include "nodes/meter_record.h"
#include "nodes/power.h"

/*
 * Measures what the attempts on one machine take. It is handed what was seen, and when,
 * by the machine's monotonic clock in milliseconds; it looks at nothing itself.
 *
 * GPUs: what a GPU takes between two samples is the difference of its counter, or,
 * where it has none, its power integrated by trapezoids over at most METER_GAP_MS. A
 * counter that goes back, as after a reload of the driver, or leaps further than twice
 * the power limit allows, says nothing of that span. A span goes to the attempt that
 * holds the GPU, in the part that it held it; the rest is what the GPU took without a
 * job.
 *
 * CPUs: what the packages take between two samples, less what they take when next to
 * nothing runs, is shared out by CPU time: the attempt's over that of the whole
 * machine.
 *
 * An attempt is measured when METER_COVERED_PERCENT of its time was; what is missing is
 * taken to be as the rest. Else nothing is said of it, as a sum of figures and guesses
 * would pass for a figure.
 */
struct meter;

#define METER_GAP_MS          60000  /* between power samples */
#define METER_CPU_GAP_MS      300000 /* between those of packages: counters wrap */
#define METER_COVERED_PERCENT 99
#define METER_POWER_MAX       INT64_C(2000) /* W of a GPU whose limit is not known */
#define METER_CPU_POWER_MAX   20000         /* W of all packages of a machine */
#define METER_SLACK_MJ        200000        /* by which a counter may run ahead */
#define METER_SETTLE_MS       15000  /* until a GPU draws what an idle one does */
#define METER_SMOOTH_MS       600000 /* over which the idle draw is averaged */
#define METER_QUIET_PERCENT                                                            \
    5 /* of its CPU time; below it, and without attempts, a                            \
         machine is idle */

struct meter *meter_create(const char *boot_id);
void meter_destroy(struct meter *meter);

/* What a GPU draws when idle, until that has been seen. */
void meter_set_idle(struct meter *meter, size_t gpu, int64_t watts);

/* What it is taken to draw when idle, in milliwatts. */
int64_t meter_idle_mw(const struct meter *meter, size_t gpu);

/* An attempt begins, and holds these GPUs from now on; its CPU time is 0. */
void meter_begin(struct meter *meter, int64_t job_id, int32_t attempt,
                 uint64_t gpu_mask, int64_t now_ms);

/* Go on with an attempt of before a restart, of this boot or not. */
void meter_resume(struct meter *meter, const struct meter_record *record);

/* What to keep of it for a restart. False if it is not being measured. */
bool meter_save(const struct meter *meter, int64_t job_id, int32_t attempt,
                struct meter_record *record);

/* All GPUs of the machine, in the order of their indices. What is not newer than the
 * sample before says nothing. */
void meter_sample_gpus(struct meter *meter, const struct gpu_sample *samples,
                       size_t count);

/* What the machine's CPUs have taken and worked, since some moment. */
struct meter_cpu {
    int64_t energy_uj; /* of all packages */
    int64_t busy_ms;   /* of all CPUs together */
    int32_t cpus;
};

/* CPU time that an attempt has taken, in all. */
struct meter_share {
    int64_t job_id;
    int32_t attempt;
    int64_t cpu_ms;
};

/* `cpu` NULL: it could not be seen. Attempts without a share are caught up with later.
 */
void meter_sample_cpu(struct meter *meter, const struct meter_cpu *cpu,
                      const struct meter_share *shares, size_t count, int64_t at_ms);

/*
 * An attempt has ended, at `now_ms`; samples taken since are the more exact the sooner
 * they were. It is forgotten. False, and nothing is written, if it was not known.
 */
bool meter_end(struct meter *meter, int64_t job_id, int32_t attempt, int64_t now_ms,
               struct energy_reading *reading);

/* The same, of what a record holds alone: nothing was seen of it since. */
struct energy_reading meter_read_record(const struct meter *meter,
                                        const struct meter_record *record,
                                        int64_t ended_ms);

/* Whole joules that a GPU took without a job since this was last asked. */
int64_t meter_take_idle(struct meter *meter, size_t gpu);

#endif
