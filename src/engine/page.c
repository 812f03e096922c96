/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "engine/answer.h"
#include "engine/page.h"
#include "engine/promise.h"
#include "engine/role.h"
#include "engine/server.h"
#include "engine/stats.h"
#include "engine/storage.h"

static const char files_prefix[] = "/files/";
static const char promises_prefix[] = "/promises/";

static enum MHD_Result answer_json(struct MHD_Connection *connection,
				   struct strbuf *json)
{
	enum MHD_Result rc = answer_text(connection, MHD_HTTP_OK,
					 "application/json", strbuf_str(json));

	strbuf_release(json);
	return rc;
}

static enum MHD_Result answer_health(struct MHD_Connection *connection,
				     const struct role *only)
{
	const struct role *role;
	struct strbuf json = { 0 };
	const char *comma = "";

	strbuf_adds(&json, "{\"status\":\"ok\",\"role\":");
	if (only)
		json_quote(&json, only->name);
	else
		strbuf_adds(&json, "null");
	strbuf_adds(&json, ",\"roles\":[");
	for (role = roles; role->name; role++) {
		strbuf_adds(&json, comma);
		json_quote(&json, role->name);
		comma = ",";
	}
	strbuf_adds(&json, "]}");
	return answer_json(connection, &json);
}

static const char *type_of(const char *path)
{
	static const struct {
		const char *end;
		const char *type;
	} types[] = {
		{ ".png", "image/png" },
		{ ".html", "text/html; charset=utf-8" },
		{ ".wav", "audio/wav" },
		{ ".json", "application/json" },
	};
	const char *dot = strrchr(path, '.');
	size_t i;

	for (i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i].end) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static enum MHD_Result answer_file(struct MHD_Connection *connection,
				   const struct storage *storage,
				   const char *name)
{
	struct err err = { 0 };
	char *path = storage_find(storage, name, &err);
	struct MHD_Response *response;
	enum MHD_Result rc;
	struct stat st;
	int fd;

	if (!path)
		return answer_error(connection, MHD_HTTP_NOT_FOUND, err.text);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		rc = answer_error(connection, MHD_HTTP_NOT_FOUND,
				  strerror(errno));
		if (fd >= 0)
			close(fd);
	} else {
		response =
			MHD_create_response_from_fd64((uint64_t)st.st_size, fd);
		(void)MHD_add_response_header(response, "Content-Type",
					      type_of(path));
		rc = MHD_queue_response(connection, MHD_HTTP_OK, response);
		MHD_destroy_response(response);
	}
	free(path);
	return rc;
}

static enum MHD_Result answer_promise(struct MHD_Connection *connection,
				      struct promises *promises,
				      const char *token)
{
	const char *answer;

	switch (promise_look(promises, token, &answer)) {
	case PROMISE_READY:
		return answer_text(connection, MHD_HTTP_OK, "application/json",
				   answer);
	case PROMISE_PENDING:
		return answer_text(connection, MHD_HTTP_ACCEPTED,
				   "application/json",
				   "{\"status\":\"running\"}");
	case PROMISE_UNKNOWN:
		break;
	}
	return answer_error(connection, MHD_HTTP_NOT_FOUND, "no such promise");
}

enum MHD_Result page_answer(struct MHD_Connection *connection, const char *url,
			    const struct server_options *options,
			    const struct stats *stats,
			    struct promises *promises)
{
	struct strbuf json = { 0 };

	if (strcmp(url, "/") == 0 || strcmp(url, "/healthz") == 0)
		return answer_health(connection, options->role);
	if (strcmp(url, "/stats") == 0) {
		stats_dump(stats, &json);
		return answer_json(connection, &json);
	}
	if (strncmp(url, files_prefix, strlen(files_prefix)) == 0)
		return answer_file(connection, options->storage,
				   url + strlen(files_prefix));
	if (strncmp(url, promises_prefix, strlen(promises_prefix)) == 0)
		return answer_promise(connection, promises,
				      url + strlen(promises_prefix));
	return answer_error(connection, MHD_HTTP_NOT_FOUND,
			    "there is nothing here");
}
