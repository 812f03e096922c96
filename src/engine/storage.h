/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_STORAGE_H
#define ENGINE_STORAGE_H

/**
 * The folder that artifacts are kept in, as DIR/episodes/ID/...
 *
 * A file is written beside its place and renamed into it: whoever looks sees
 * the old file, the new one or none. Nothing outside the folder is ever read
 * or written, whatever a request names.
 */

#include <stddef.h>
#include <stdio.h>

#include "base/util.h"

struct err;
struct storage;
struct strbuf;

/** Makes the folder if need be. NULL on error. */
struct storage *storage_open(const char *dir, struct err *err) MUST_CHECK;
void storage_close(struct storage **storage);

/**
 * The path of file `name` of an episode, the folders above it made; the
 * caller frees it. NULL on error.
 */
char *storage_place(const struct storage *storage, const char *episode,
		    const char *name, struct err *err) MUST_CHECK;

/**
 * The real path of the regular file that `path` names, which must lie in the
 * storage; the caller frees it. A relative path starts at the storage. NULL
 * on error.
 */
char *storage_find(const struct storage *storage, const char *path,
		   struct err *err) MUST_CHECK;

/** All of a file that storage_find() found, appended to `out`. */
int storage_read(const char *path, struct strbuf *out,
		 struct err *err) MUST_CHECK;

/** The part of a path from storage_place() that is behind the storage's. */
const char *storage_name(const struct storage *storage, const char *path);

/** A file that is being written. */
struct storage_file {
	FILE *stream;
	char *path;
	char *temp_path;
};

int storage_create(struct storage_file *file, const char *path,
		   struct err *err) MUST_CHECK;

/** Put it in its place and release it. */
int storage_commit(struct storage_file *file, size_t *bytes_out,
		   struct err *err) MUST_CHECK;

/** All of it in one go. */
int storage_write(const char *path, const struct strbuf *text,
		  size_t *bytes_out, struct err *err) MUST_CHECK;

/** Throw it away; a no-op for one that was committed. */
void storage_abandon(struct storage_file *file);

#endif
