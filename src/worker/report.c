/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "plan/engine.h"
#include "plan/pipeline.h"
#include "worker/self.h"

#define NO_FIELD F_STR("", NULL)

static void write_line(enum log_level level, const char *msg,
		       const struct task *task, int has_result)
{
	int is_step = task_is_step(task), has_error = task->error.len > 0;
	const struct run_step *step = &task->step;

	log_write(level, msg,
		  LOG_FIELDS(F_U64("job", task->job.id),
			     is_step ? F_U64("run", step->run_id) : NO_FIELD,
			     step->has_episode
				     ? F_U64("episode", step->episode_id)
				     : NO_FIELD,
			     F_STR("pipeline", step->pipeline),
			     F_STR("step", step->step),
			     step->parent_id ? F_U64("item", step->item)
					     : NO_FIELD,
			     is_step ? F_U64("attempt", step->starts + 1)
				     : NO_FIELD,
			     F_STR("engine",
				   task->engine ? task->engine->name : NULL),
			     task->http_status
				     ? F_U64("status", task->http_status)
				     : NO_FIELD,
			     has_result && task->started_ms
				     ? F_MS("took", task->took_ms)
				     : NO_FIELD,
			     F_STR("error", has_result && has_error
						    ? strbuf_str(&task->error)
						    : NULL)));
}

void report_started(const struct task *task)
{
	write_line(LOG_INFO, "step started", task, 0);
}

static void report_run(const struct task *task)
{
	log_info("run created", F_U64("job", task->job.id),
		 F_STR("run", task->expand.uuid),
		 task->expand.has_episode
			 ? F_U64("episode", task->expand.episode_id)
			 : NO_FIELD,
		 F_STR("pipeline", task->expand.pipeline->name),
		 F_U64("steps", task->expand.pipeline->steps_n));
}

void report_written(const struct task *task)
{
	struct strbuf msg = { .max = 80 };
	char delay[DUR_TEXT];

	switch (task->settle.kind) {
	case SETTLE_DONE:
		write_line(LOG_INFO, "step done", task, 1);
		break;
	case SETTLE_RETRY:
		strbuf_addf(&msg, "step failed, retrying in %s",
			    dur_format(task->settle.delay_ms, delay));
		write_line(LOG_WARN, strbuf_str(&msg), task, 1);
		strbuf_release(&msg);
		break;
	case SETTLE_FAIL:
		write_line(LOG_ERROR,
			   task->settle.is_tolerated || task->step.parent_id
				   ? "step failed, the run goes on"
				   : "step failed for good, see stepq failed",
			   task, 1);
		break;
	case SETTLE_RELEASE:
		write_line(LOG_INFO, "step given back", task, 0);
		break;
	case SETTLE_SKIP:
		write_line(LOG_INFO, "step skipped", task, 1);
		break;
	case SETTLE_PARK:
		write_line(LOG_INFO, "step waits", task, 0);
		break;
	case SETTLE_MAP:
		write_line(LOG_DEBUG, "items made", task, 0);
		break;
	case SETTLE_DROP:
		write_line(LOG_INFO, "job dropped, its step is over", task, 0);
		break;
	case SETTLE_EXPAND:
		report_run(task);
		break;
	case SETTLE_BURY:
		write_line(LOG_ERROR, "job failed, see stepq failed", task, 1);
		break;
	}
}

void report_cancelled(const struct task *task)
{
	write_line(LOG_INFO, "run cancelled, its call is stopped", task, 0);
}

void report_fenced(const struct task *task, int in_doubt)
{
	if (in_doubt)
		write_line(LOG_INFO, "recorded before the connection was lost",
			   task, 0);
	else
		write_line(LOG_WARN,
			   "lost the lease, dropping it: another worker has "
			   "the job",
			   task, 0);
}
