/* SPDX-License-Identifier: MIT */

/*
 * The article engine: what happens in the scenes of an outline is told until
 * the article is as long as it was asked for. Beginners get one sentence at
 * a time, everybody else whole paragraphs. It is kept as a page of HTML.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/body.h"
#include "engine/html.h"
#include "engine/picture.h"
#include "engine/role.h"
#include "engine/storage.h"

enum {
	ARTICLE_CENTS = 15,
	WORDS_MAX = 20000,
	WORDS_DEFAULT = 300,
};

struct article {
	char *episode;
	char *title;
	char *language;
	char *level;
	uint64_t length; /* words it must have at least */
	size_t words;    /* it has so far */
	int is_simple;   /* one sentence at a time */
	FILE *page;
};

static size_t count_words(const char *text)
{
	size_t n = 0;

	while (*text) {
		text += strspn(text, " \n");
		n += *text != '\0';
		text += strcspn(text, " \n");
	}
	return n;
}

/* Paragraphs of a beginner end where a sentence does. */
static void put_sentence(struct article *article, const char *text,
			 int is_first)
{
	if (is_first || article->is_simple)
		fputs(is_first ? "<p>" : "</p>\n<p>", article->page);
	else
		putc(' ', article->page);
	html_put(article->page, text);
	article->words += count_words(text);
}

static void put_scene(struct article *article, jv scene)
{
	const char *summary = json_str(scene, "summary");
	jv lines = json_get(scene, "lines");
	char *opening = xasprintf("%s.", summary ? summary : "...");

	put_sentence(article, opening, 1);
	if (jv_get_kind(lines) == JV_KIND_ARRAY) {
		jv_array_foreach(lines, i, line)
		{
			const char *text = json_str(line, "text");

			if (text)
				put_sentence(article, text, 0);
			jv_free(line);
		}
	}
	fputs("</p>\n", article->page);
	free(opening);
	jv_free(lines);
}

/* All scenes once, and from the first again until there are enough words. */
static int put_scenes(const struct role_ctx *ctx, struct article *article,
		      jv scenes, struct err *err)
{
	int n = jv_array_length(jv_copy(scenes)), i;

	for (i = 0; i < n || article->words < article->length; i++) {
		jv scene = jv_array_get(jv_copy(scenes), i % n);

		if (role_check(ctx, err)) {
			jv_free(scene);
			return -1;
		}
		put_scene(article, scene);
		jv_free(scene);
	}
	return 0;
}

static void put_head(const struct article *article)
{
	FILE *page = article->page;

	fputs("<!DOCTYPE html>\n<html lang=\"", page);
	html_put(page, article->language);
	fputs("\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\">\n<style>body "
	      "{ max-width: 38em; margin: 3em auto; padding: 0 1em; font: "
	      "18px/1.6 Georgia, serif }</style>\n<title>",
	      page);
	html_put(page, article->title);
	fputs("</title>\n</head>\n<body>\n<h1>", page);
	html_put(page, article->title);
	fputs("</h1>\n<p><small>", page);
	html_put(page, article->level);
	fputs("</small></p>\n", page);
}

/* The page's path, which the caller frees; NULL on error. */
static char *write_article(const struct role_ctx *ctx, struct article *article,
			   jv scenes, size_t *bytes_out, struct err *err)
{
	char *path = storage_place(ctx->storage, article->episode,
				   "article.html", err);
	struct storage_file file = { 0 };
	int rc;

	if (!path || storage_create(&file, path, err)) {
		free(path);
		return NULL;
	}
	article->page = file.stream;
	put_head(article);
	rc = put_scenes(ctx, article, scenes, err);
	fputs("</body>\n</html>\n", article->page);
	if (rc)
		storage_abandon(&file);
	else
		rc = storage_commit(&file, bytes_out, err);
	if (rc) {
		free(path);
		return NULL;
	}
	return path;
}

static int read_request(struct article *article, jv body, struct err *err)
{
	jv length = body_find(body, "length");

	article->length = WORDS_DEFAULT;
	if (jv_get_kind(length) == JV_KIND_NUMBER &&
	    jv_number_value(length) >= 1 &&
	    jv_number_value(length) <= WORDS_MAX)
		article->length = (uint64_t)jv_number_value(length);
	else if (jv_get_kind(length) != JV_KIND_NULL) {
		jv_free(length);
		return err_set(err, ERR_INPUT, "'length' must be 1 to %d words",
			       WORDS_MAX);
	}
	jv_free(length);
	article->episode = body_episode(body, err);
	article->title = body_text(body, "title", "Untitled");
	article->language = body_text(body, "language", "en");
	article->level = body_text(body, "level", "intermediate");
	article->is_simple = strcmp(article->level, "beginner") == 0 ||
			     article->level[0] == 'A';
	return article->episode ? 0 : -1;
}

int role_article(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	struct article article = { 0 };
	jv scenes = jv_null();
	char *path = NULL;
	size_t bytes;
	int rc = -1;

	if (read_request(&article, body, err) == 0 &&
	    body_array(body, "scenes", PICTURES_MAX, &scenes, err) == 0)
		path = write_article(ctx, &article, scenes, &bytes, err);
	if (path) {
		*out = jv_object();
		body_set_text(out, "title", article.title);
		body_set_size(out, "words", article.words);
		body_set(out, "artifacts",
			 jv_array_append(jv_array(), jv_string(path)));
		body_set_size(out, "bytes", bytes);
		role_set_cost(out, ARTICLE_CENTS, 0, 12);
		rc = 0;
	}
	jv_free(scenes);
	free(article.episode);
	free(article.title);
	free(article.language);
	free(article.level);
	free(path);
	return rc;
}
