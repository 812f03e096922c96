/* SPDX-License-Identifier: MIT */

/*
 * The packaging engine: pictures become one page that needs nothing else, a
 * webtoon to be read from the top down. The pictures are copied into it as
 * data: URIs, a piece at a time; no picture is in memory as a whole.
 */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/body.h"
#include "engine/html.h"
#include "engine/picture.h"
#include "engine/role.h"
#include "engine/storage.h"
#include "engine/words.h"

enum {
	PACKAGING_CENTS = 6,
	SCENE_PANELS = 3, /* a wider gap behind as many */
};

static const char head_open[] =
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" "
	"content=\"width=device-width, initial-scale=1\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	"'none'; img-src data:; style-src 'unsafe-inline'\">\n"
	"<style>\n"
	":root { color-scheme: dark; --ink: #f6efe4; --dim: #9c93a8; "
	"--gold: #ffc971 }\n"
	"* { box-sizing: border-box }\n"
	"body { margin: 0; color: var(--ink); background: #14101c "
	"linear-gradient(#2a2140, #14101c 60vh) no-repeat; "
	"font: 17px/1.6 NanumSquareRound, \"Apple SD Gothic Neo\", "
	"\"Noto Sans KR\", system-ui, sans-serif }\n"
	"header { padding: 15vmin 24px 11vmin; text-align: center }\n"
	"h1 { margin: 0 auto .35em; max-width: 16em; line-height: 1.15; "
	"font-size: clamp(30px, 7vmin, 56px); text-wrap: balance; "
	"word-break: keep-all }\n"
	"header p, footer p { margin: 0; color: var(--dim); "
	"letter-spacing: .06em }\n"
	"header p::before { content: \"\"; display: block; width: 56px; "
	"height: 4px; margin: 0 auto 18px; border-radius: 2px; "
	"background: var(--gold) }\n"
	"main { display: block; max-width: 760px; margin: 0 auto }\n"
	"img { display: block; width: 100%; height: auto; margin: 0 0 26px; "
	"background: #221a30 }\n"
	"img.scene { margin-bottom: 110px }\n"
	"@media (min-width: 800px) { img { border-radius: 14px; "
	"box-shadow: 0 18px 50px #0009 } }\n"
	"footer { padding: 40px 24px 120px; text-align: center }\n"
	"footer strong { display: block; font-size: 26px; "
	"color: var(--gold) }\n"
	"</style>\n";

static void put_base64(FILE *page, const unsigned char *in, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	size_t i;

	for (i = 0; i < n; i += 3) {
		unsigned int three = (unsigned int)in[i] << 16;

		three |= i + 1 < n ? (unsigned int)in[i + 1] << 8 : 0;
		three |= i + 2 < n ? in[i + 2] : 0;
		putc(digits[three >> 18], page);
		putc(digits[three >> 12 & 63], page);
		putc(i + 1 < n ? digits[three >> 6 & 63] : '=', page);
		putc(i + 2 < n ? digits[three & 63] : '=', page);
	}
}

static int put_file(FILE *page, const struct role_ctx *ctx, const char *file,
		    struct err *err)
{
	unsigned char block[3 * 4096]; /* whole digits of base64 */
	char *path = storage_find(ctx->storage, file, err);
	FILE *in;
	size_t n;
	int rc = 0;

	if (!path)
		return -1;
	in = fopen(path, "re");
	if (!in) {
		rc = err_set(err, ERR_INPUT, "cannot read '%s': %s", path,
			     strerror(errno));
	} else {
		while ((n = fread(block, 1, sizeof(block), in)) > 0)
			put_base64(page, block, n);
		if (ferror(in))
			rc = err_set(err, ERR_IO, "cannot read '%s'", path);
		(void)fclose(in);
	}
	free(path);
	return rc;
}

static void put_size(FILE *page, jv image)
{
	uint64_t w, h;

	if (json_u64(image, "width", &w) == 1 &&
	    json_u64(image, "height", &h) == 1)
		fprintf(page, " width=\"%llu\" height=\"%llu\"",
			(unsigned long long)w, (unsigned long long)h);
}

static int put_image(FILE *page, const struct role_ctx *ctx, jv image,
		     size_t place, struct err *err)
{
	const char *file = json_str(image, "file");
	const char *alt = json_str(image, "alt");
	size_t index = picture_index(image, place);

	if (!file)
		return err_set(err, ERR_INPUT, "image %zu has no 'file'",
			       place);
	fputs("<img", page);
	put_size(page, image);
	if (index % SCENE_PANELS == SCENE_PANELS - 1)
		fputs(" class=\"scene\"", page);
	fputs(" alt=\"", page);
	html_put(page, alt ? alt : "");
	fputs("\" src=\"data:image/png;base64,", page);
	if (put_file(page, ctx, file, err))
		return -1;
	fputs("\">\n", page);
	return 0;
}

static void put_head(FILE *page, const char *title, const char *episode,
		     enum language lang)
{
	fprintf(page, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n",
		lang == LANG_KO ? "ko" : "en");
	fputs(head_open, page);
	fputs("<title>", page);
	html_put(page, title);
	fputs("</title>\n</head>\n<body>\n<header>\n<h1>", page);
	html_put(page, title);
	fprintf(page,
		lang == LANG_KO ? "</h1>\n<p>%s화</p>\n"
				: "</h1>\n<p>Episode %s</p>\n",
		episode);
	fputs("</header>\n<main>\n", page);
}

static void put_foot(FILE *page, enum language lang)
{
	fprintf(page,
		"</main>\n<footer>\n<strong>%s</strong>\n<p>%s</p>\n"
		"</footer>\n</body>\n</html>\n",
		lang == LANG_KO ? "끝" : "The end",
		lang == LANG_KO ? "다음 화에서 만나요"
				: "See you in the next episode");
}

static int put_page(FILE *page, const struct role_ctx *ctx, jv pictures,
		    struct err *err)
{
	size_t n = 0;
	int rc = 0;

	jv_array_foreach(pictures, i, image)
	{
		rc = rc || role_check(ctx, err) ||
		     put_image(page, ctx, image, n++, err);
		jv_free(image);
	}
	return rc ? -1 : 0;
}

/* The page's path, which the caller frees; NULL on error. */
static char *write_page(const struct role_ctx *ctx, jv body, jv pictures,
			size_t *bytes_out, struct err *err)
{
	struct storage_file file = { 0 };
	char *episode = body_episode(body, err);
	char *title = body_text(body, "title", "Untitled"), *path = NULL;
	enum language lang = language_of(title);
	int rc = -1;

	if (!episode)
		goto out;
	path = storage_place(ctx->storage, episode, "webtoon.html", err);
	if (!path || storage_create(&file, path, err))
		goto out;
	put_head(file.stream, title, episode, lang);
	rc = put_page(file.stream, ctx, pictures, err);
	put_foot(file.stream, lang);
	if (rc)
		storage_abandon(&file);
	else
		rc = storage_commit(&file, bytes_out, err);
out:
	if (rc) {
		free(path);
		path = NULL;
	}
	free(title);
	free(episode);
	return path;
}

int role_packaging(const struct role_ctx *ctx, jv body, jv *out,
		   struct err *err)
{
	jv pictures, answer;
	size_t bytes, n;
	char *path;

	if (pictures_of(body, &pictures, err))
		return -1;
	n = (size_t)jv_array_length(jv_copy(pictures));
	path = write_page(ctx, body, pictures, &bytes, err);
	jv_free(pictures);
	if (!path)
		return -1;
	answer = jv_object();
	body_set(&answer, "artifacts",
		 jv_array_append(jv_array(), jv_string(path)));
	body_set_size(&answer, "panels", n);
	body_set_size(&answer, "bytes", bytes);
	role_set_cost(&answer, PACKAGING_CENTS, 0, n);
	free(path);
	*out = answer;
	return 0;
}
