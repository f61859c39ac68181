/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_EXCHANGE_H
#define NODES_SLURM_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * How slurmrestd is spoken to: whoever has an HTTP client lends it. An implementation
 * embeds this as its first member; it knows the socket or the address, sends what it is
 * given there and nowhere else, through no proxy, and follows no redirect.
 */
struct slurm_exchange;

struct slurm_request {
    const char *method;         /* "GET", "POST", "DELETE" */
    const char *path;           /* "/slurm/v0.0.38/jobs" */
    const char *const *headers; /* "Name: value", secrets among them; NULL at the end */
    const char *body;           /* JSON; NULL: none */
    int64_t timeout_ms;
    size_t body_max; /* bytes of the answer */
};

/* All of it is borrowed until the callback returns. */
struct slurm_response {
    const char *failure; /* why there is no whole answer; NULL: there is one */
    int status;
    const char *bytes; /* ends in a NUL that `size` does not count */
    size_t size;
};

typedef void slurm_on_response(const struct slurm_response *response, void *context);

struct slurm_exchange {
    /*
     * Send a request, which is copied. `on_response` is called once, from the loop and
     * never from within this, unless the call is cancelled; the call, which is what is
     * returned, is gone then. NULL with an error, and no callback, if it cannot be
     * sent.
     */
    void *(*send)(struct slurm_exchange *exchange, const struct slurm_request *request,
                  slurm_on_response *on_response, void *context, struct error *err);
    void (*cancel)(struct slurm_exchange *exchange, void *call);
};

#endif
