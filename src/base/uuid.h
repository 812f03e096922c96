/* SPDX-License-Identifier: MIT */
#ifndef BASE_UUID_H
#define BASE_UUID_H

enum {
	UUID_TEXT = 37
}; /* 36 characters and a NUL */

/**
 * A new UUID of version 7 (RFC 9562), lower case. Its first 48 bits are this
 * host's clock, so that rows made together lie together in an index; nothing
 * relies on the order.
 */
void uuid_new(char out[UUID_TEXT]);

/** Whether `s` has the form of a UUID, of any version. */
int uuid_is_valid(const char *s);

#endif
