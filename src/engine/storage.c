/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/storage.h"

struct storage {
	char *dir; /* real, without a slash at the end */
};

/* Make the folders above the last component of `path`, as `mkdir -p`. */
static int make_parents(const char *path, struct err *err)
{
	char *part = xstrdup(path), *slash;
	int rc = 0;

	for (slash = strchr(part + 1, '/'); slash && rc == 0;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			rc = err_set(err, ERR_IO, "cannot make '%s': %s", part,
				     strerror(errno));
		*slash = '/';
	}
	free(part);
	return rc;
}

struct storage *storage_open(const char *dir, struct err *err)
{
	struct storage *storage = NULL;
	char *inside = xasprintf("%s/episodes/", dir);
	char *real = NULL;

	if (make_parents(inside, err))
		goto out;
	real = realpath(dir, NULL);
	if (!real) {
		(void)err_set(err, ERR_IO, "cannot use '%s': %s", dir,
			      strerror(errno));
		goto out;
	}
	storage = xcalloc(1, sizeof(*storage));
	storage->dir = real;
out:
	free(inside);
	return storage;
}

void storage_close(struct storage **storage)
{
	if (!*storage)
		return;
	free((*storage)->dir);
	free(*storage);
	*storage = NULL;
}

char *storage_place(const struct storage *storage, const char *episode,
		    const char *name, struct err *err)
{
	char *path =
		xasprintf("%s/episodes/%s/%s", storage->dir, episode, name);

	if (make_parents(path, err)) {
		free(path);
		return NULL;
	}
	return path;
}

char *storage_find(const struct storage *storage, const char *path,
		   struct err *err)
{
	size_t len = strlen(storage->dir);
	char *full = path[0] == '/' ? xstrdup(path)
				    : xasprintf("%s/%s", storage->dir, path);
	char *real = realpath(full, NULL);
	struct stat st;

	free(full);
	if (!real) {
		(void)err_set(err, ERR_INPUT, "cannot use file '%.200s': %s",
			      path, strerror(errno));
		return NULL;
	}
	if (strncmp(real, storage->dir, len) != 0 || real[len] != '/') {
		(void)err_set(err, ERR_INPUT,
			      "file '%.200s' is not in the storage", path);
	} else if (stat(real, &st) || !S_ISREG(st.st_mode)) {
		(void)err_set(err, ERR_INPUT, "'%.200s' is not a file", path);
	} else {
		return real;
	}
	free(real);
	return NULL;
}

int storage_read(const char *path, struct strbuf *out, struct err *err)
{
	FILE *in = fopen(path, "re");
	char block[8192];
	size_t n;
	int rc = 0;

	if (!in)
		return err_set(err, ERR_INPUT, "cannot read '%s': %s", path,
			       strerror(errno));
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		strbuf_add(out, block, n);
	if (ferror(in))
		rc = err_set(err, ERR_IO, "cannot read '%s'", path);
	else if (out->is_full)
		rc = err_set(err, ERR_LIMIT, "'%s' is too large", path);
	(void)fclose(in);
	return rc;
}

const char *storage_name(const struct storage *storage, const char *path)
{
	return path + strlen(storage->dir) + 1;
}

int storage_create(struct storage_file *file, const char *path, struct err *err)
{
	char *temp = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0) {
		(void)err_set(err, ERR_IO, "cannot make '%s': %s", temp,
			      strerror(errno));
		free(temp);
		return -1;
	}
	/* mkostemp() makes it 0600, but others are to look at it. */
	(void)fchmod(fd, 0644);
	file->stream = fdopen(fd, "w");
	if (!file->stream)
		BUG("fdopen of a new file: %s", strerror(errno));
	file->path = xstrdup(path);
	file->temp_path = temp;
	return 0;
}

static void file_release(struct storage_file *file)
{
	free(file->path);
	free(file->temp_path);
	*file = (struct storage_file){ 0 };
}

int storage_commit(struct storage_file *file, size_t *bytes_out,
		   struct err *err)
{
	long bytes = ftell(file->stream);
	int is_bad = ferror(file->stream) || bytes < 0;
	int rc = 0;

	is_bad |= fclose(file->stream) != 0;
	if (is_bad || rename(file->temp_path, file->path)) {
		rc = err_set(err, ERR_IO, "cannot write '%s': %s", file->path,
			     strerror(errno));
		(void)unlink(file->temp_path);
	} else {
		*bytes_out = (size_t)bytes;
	}
	file_release(file);
	return rc;
}

int storage_write(const char *path, const struct strbuf *text,
		  size_t *bytes_out, struct err *err)
{
	struct storage_file file = { 0 };

	if (storage_create(&file, path, err))
		return -1;
	/* storage_commit() sees if it failed. */
	(void)fwrite(strbuf_str(text), 1, text->len, file.stream);
	return storage_commit(&file, bytes_out, err);
}

void storage_abandon(struct storage_file *file)
{
	if (!file->stream)
		return;
	(void)fclose(file->stream);
	(void)unlink(file->temp_path);
	file_release(file);
}
