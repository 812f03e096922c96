/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "plan/pipeline.h"
#include "plan/plan.h"
#include "store/run.h"
#include "worker/catalog.h"

/* Definitions kept at once; the oldest goes first. */
enum {
	CATALOG_MAX = 1024
};

void catalog_release(struct catalog *catalog)
{
	size_t i;

	for (i = 0; i < catalog->n; i++)
		pipeline_unref(&catalog->entries[i].pipeline);
	free(catalog->entries);
	*catalog = (struct catalog){ 0 };
}

/* Takes over the reference. */
static void add(struct catalog *catalog, uint64_t id,
		struct pipeline *pipeline_taken)
{
	if (catalog->n == CATALOG_MAX) {
		pipeline_unref(&catalog->entries[0].pipeline);
		catalog->n--;
		memmove(catalog->entries, catalog->entries + 1,
			catalog->n * sizeof(*catalog->entries));
	}
	if (catalog->n == catalog->alloc) {
		catalog->alloc = catalog->alloc ? catalog->alloc * 2 : 16;
		catalog->entries =
			xreallocarray(catalog->entries, catalog->alloc,
				      sizeof(*catalog->entries));
	}
	catalog->entries[catalog->n++] =
		(struct catalog_entry){ id, pipeline_taken };
}

int catalog_sync(struct catalog *catalog, struct db *db,
		 const struct plan *plan, struct err *err)
{
	uint64_t id;
	size_t i;

	for (i = 0; i < plan->pipelines_n; i++) {
		struct pipeline *pipeline = plan->pipelines[i];

		if (catalog_id(catalog, pipeline))
			continue;
		if (definition_put(db, pipeline->name, pipeline->definition,
				   &id, err))
			return -1;
		add(catalog, id, pipeline_ref(pipeline));
	}
	return 0;
}

uint64_t catalog_id(const struct catalog *catalog,
		    const struct pipeline *pipeline)
{
	size_t i;

	for (i = 0; i < catalog->n; i++)
		if (catalog->entries[i].pipeline == pipeline)
			return catalog->entries[i].id;
	return 0;
}

int catalog_get(struct catalog *catalog, struct db *db, uint64_t id,
		struct pipeline **out, struct err *err)
{
	struct pipeline *pipeline;
	char *definition;
	size_t i;
	int rc;

	for (i = 0; i < catalog->n; i++) {
		if (catalog->entries[i].id == id) {
			*out = catalog->entries[i].pipeline;
			return 0;
		}
	}
	rc = definition_get(db, id, &definition, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "definition %" PRIu64 " of its run is gone", id);
	rc = pipeline_parse(definition, &pipeline, err);
	free(definition);
	if (rc)
		return -1;
	if (pipeline_compile(pipeline, err)) {
		pipeline_unref(&pipeline);
		return -1;
	}
	add(catalog, id, pipeline);
	*out = pipeline;
	return 0;
}
