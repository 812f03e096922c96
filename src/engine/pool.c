/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "engine/pool.h"

struct pool {
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed;
	struct pool_job *first;
	struct pool_job **end;
	int is_stopping;
	pool_fn fn;
	void *arg;
	size_t n;
	pthread_t threads[];
};

static void *pool_run(void *arg)
{
	struct pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct pool_job *job = pool->first;
		int is_dropped = pool->is_stopping;

		if (job) {
			pool->first = job->next;
			if (!pool->first)
				pool->end = &pool->first;
			pthread_mutex_unlock(&pool->lock);
			pool->fn(pool->arg, job, is_dropped);
			pthread_mutex_lock(&pool->lock);
		} else if (pool->is_stopping) {
			break;
		} else {
			pthread_cond_wait(&pool->changed, &pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *pool_start(size_t threads, pool_fn fn, void *arg)
{
	struct pool *pool =
		xcalloc(1, sizeof(*pool) + threads * sizeof(pthread_t));

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	pool->end = &pool->first;
	pool->fn = fn;
	pool->arg = arg;
	for (; pool->n < threads; pool->n++)
		if (pthread_create(&pool->threads[pool->n], NULL, pool_run,
				   pool))
			BUG("no threads left at the start");
	return pool;
}

void pool_push(struct pool *pool, struct pool_job *job)
{
	int is_stopping;

	job->next = NULL;
	pthread_mutex_lock(&pool->lock);
	is_stopping = pool->is_stopping;
	if (!is_stopping) {
		*pool->end = job;
		pool->end = &job->next;
		pthread_cond_signal(&pool->changed);
	}
	pthread_mutex_unlock(&pool->lock);
	if (is_stopping)
		pool->fn(pool->arg, job, 1);
}

void pool_stop(struct pool *pool)
{
	size_t i;

	pthread_mutex_lock(&pool->lock);
	pool->is_stopping = 1;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->n; i++)
		pthread_join(pool->threads[i], NULL);
}

void pool_free(struct pool **pool_in_out)
{
	struct pool *pool = *pool_in_out;

	*pool_in_out = NULL;
	if (!pool)
		return;
	assert(pool->is_stopping && !pool->first);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
