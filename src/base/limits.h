/* SPDX-License-Identifier: MIT */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/**
 * Every ceiling of the program in one place. Sizes are bytes.
 */

#include <stddef.h>

#define KIB ((size_t)1024)
#define MIB (KIB * KIB)

#define LIMIT_STRBUF (64u * MIB)      /* a strbuf that names no other */
#define LIMIT_CONF_FILE (4u * MIB)    /* one configuration file */
#define LIMIT_CONF_FILES 256u         /* files one configuration includes */
#define LIMIT_CONF_DEPTH 64u          /* brackets within brackets in one */
#define LIMIT_PIPELINES 1000u         /* in one configuration */
#define LIMIT_STEPS 256u              /* in one pipeline */
#define LIMIT_MAP_ITEMS 100000u       /* in one map */
#define LIMIT_MAP_AT_ONCE 100u        /* items under way, unless told */
#define LIMIT_MAP_CHUNK 200u          /* rows of items made in one go */
#define LIMIT_MAP_RESULT (32u * MIB)  /* results of a map's items, together */
#define LIMIT_JQ_MS 1000              /* processor time of one expression */
#define LIMIT_NAME 64u                /* a pipeline, step or engine name */
#define LIMIT_QUEUE_NAME 255u         /* as Laravel's column */
#define LIMIT_QUEUES 64u              /* of one worker */
#define LIMIT_JSON_DEPTH 100          /* what MySQL's JSON type takes */
#define LIMIT_MESSAGE 1000u           /* a message shown to people */
#define LIMIT_EXCEPTION (16u * KIB)   /* failed_jobs.exception */
#define LIMIT_EXCERPT ((size_t)500)   /* of an engine's answer in an error */
#define LIMIT_STDERR_TAIL (4u * KIB)  /* of a command that failed */
#define LIMIT_CONCURRENCY 100000u     /* steps in flight in one worker */
#define LIMIT_TURN_ITEMS 200u         /* steps settled in one transaction */
#define LIMIT_CLAIM_BYTES (16u * MIB) /* results read for one claim, about */
#define LIMIT_TURN_BYTES (4u * MIB)   /* their results, together */
#define LIMIT_BULK 100u               /* failed jobs moved in one go */
#define LIMIT_BULK_BYTES (64u * MIB)  /* their payloads, together */
#define LIMIT_LIST 10000u             /* rows that a command lists */
#define LIMIT_ARTIFACTS (64u * KIB)   /* the list of a step's artifacts */
#define LIMIT_EVENTS 500u             /* events read in one go */
#define LIMIT_ENGINE_BODY (64u * MIB) /* a request to stepq-engine */
#define LIMIT_LOG_VALUE (4u * KIB)    /* of one named value in a log line */
#define LIMIT_HEADER (8u * KIB)       /* a header of an answer that is kept */
#define LIMIT_REDIRECTS 5u            /* followed in one exchange */
#define LIMIT_STDERR_LINE (4u * KIB)  /* a longer line comes in pieces */

#endif
