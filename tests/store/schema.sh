#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The files of schema/, loaded by the plain client and by `stepq migrate`,
# into an empty schema and over what a Laravel application has there: the
# tables of an old and of a new version, with rows, and tables of its own.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"

load_plain() {
	cat "$top_srcdir"/schema/*.sql | sql
}

load_stepq() {
	stepq migrate
}

clear_schema() {
	mariadb_query -e "DROP SCHEMA $mariadb_schema;
		CREATE SCHEMA $mariadb_schema"
}

# What the tables look like, without what the server may word differently.
shape() {
	sql "SELECT table_name, column_name, column_type, is_nullable,
		column_default FROM information_schema.columns
		WHERE table_schema = DATABASE()
		ORDER BY table_name, column_name;
	SELECT table_name, index_name, column_name, seq_in_index, sub_part
		FROM information_schema.statistics
		WHERE table_schema = DATABASE() ORDER BY 1, 2, 4"
}

same_shape() {
	shape | diff "$work/plain" -
}

laravel_new() {
	sql "CREATE TABLE jobs (
		id bigint unsigned not null auto_increment primary key,
		queue varchar(255) not null, payload longtext not null,
		attempts smallint unsigned not null,
		reserved_at int unsigned null,
		available_at int unsigned not null,
		created_at int unsigned not null
	) default character set utf8mb4 collate 'utf8mb4_unicode_ci';
	ALTER TABLE jobs ADD INDEX jobs_queue_index(queue);
	CREATE TABLE failed_jobs (
		id bigint unsigned not null auto_increment primary key,
		uuid varchar(255) not null, connection varchar(255) not null,
		queue varchar(255) not null, payload longtext not null,
		exception longtext not null,
		failed_at timestamp not null default CURRENT_TIMESTAMP
	) default character set utf8mb4 collate 'utf8mb4_unicode_ci';
	ALTER TABLE failed_jobs ADD UNIQUE failed_jobs_uuid_unique(uuid);
	ALTER TABLE failed_jobs
		ADD INDEX failed_jobs_connection_queue_failed_at_index
		(connection, queue, failed_at);
	INSERT INTO failed_jobs (uuid, connection, queue, payload, exception)
		VALUES ('a', 'database', 'default', '{}', 'x'),
		('b', 'database', 'default', '{}', 'x')"
}

# attempts is too small, uuid is missing, the index has but a prefix.
laravel_old() {
	sql "CREATE TABLE jobs (
		id bigint unsigned not null auto_increment primary key,
		queue varchar(255) not null, payload longtext not null,
		attempts tinyint unsigned not null,
		reserved_at int unsigned null,
		available_at int unsigned not null,
		created_at int unsigned not null
	) default character set utf8mb4 collate 'utf8mb4_unicode_ci';
	ALTER TABLE jobs ADD INDEX jobs_queue_index(queue);
	ALTER TABLE jobs ADD INDEX jobs_queue_available_at_index
		(queue(100), available_at);
	CREATE TABLE failed_jobs (
		id bigint unsigned not null auto_increment primary key,
		connection text not null, queue text not null,
		payload longtext not null, exception longtext not null,
		failed_at timestamp not null default CURRENT_TIMESTAMP
	) default character set utf8mb4 collate 'utf8mb4_unicode_ci';
	INSERT INTO failed_jobs (connection, queue, payload, exception)
		VALUES ('database', 'default', '{}', 'x'),
		('database', 'default', '{}', 'x')"
}

# Rows that wait, are held and used up all tries, and tables of its own.
application() {
	sql "INSERT INTO jobs (queue, payload, attempts, reserved_at,
		available_at, created_at)
		VALUES ('default', '{\"uuid\":\"x\"}', 0, NULL, 1, 1),
		('high', '\"', 255, 5, 4, 1);
	CREATE TABLE projects (code CHAR(3) PRIMARY KEY);
	CREATE TABLE episodes (code CHAR(3) PRIMARY KEY, status INT);
	INSERT INTO projects VALUES ('abc');
	INSERT INTO episodes VALUES ('abc', 7)"
}

rows_of_application() {
	sql "SELECT id, queue, payload, attempts, reserved_at, available_at,
		created_at FROM jobs ORDER BY id;
	SELECT id, connection, queue, payload, exception FROM failed_jobs
		ORDER BY id;
	SELECT * FROM projects; SELECT * FROM episodes"
}

claim_index() {
	sql "SELECT GROUP_CONCAT(CONCAT(column_name, IFNULL(sub_part, ''))
		ORDER BY seq_in_index) FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND table_name = 'jobs'
		AND index_name = 'jobs_queue_available_at_index'"
}

adopts() {
	by=$1 laravel=$2
	clear_schema
	"laravel_$laravel"
	application
	before=$(rows_of_application)
	ok "$by adopts the tables of a $laravel Laravel" "load_$by"
	after=$(rows_of_application)
	is "$by leaves the rows of a $laravel Laravel alone" "$after" "$before"
	is "$by names each failed job of a $laravel Laravel" \
		"$(sql 'SELECT COUNT(DISTINCT uuid) FROM failed_jobs')" 2
	is "$by gives a $laravel Laravel the claim's index" "$(claim_index)" \
		queue,available_at
	ok "Laravel goes on with its own columns after $by" sql "INSERT INTO
		jobs (queue, attempts, reserved_at, available_at, created_at,
		payload) VALUES ('default', 0, NULL, 1, 1, '{}');
		UPDATE jobs SET attempts = attempts + 1"
	sql "SHOW CREATE TABLE jobs; SHOW CREATE TABLE failed_jobs" \
		>"$work/adopted-by-$by"
	sql "DELETE FROM stepq_migrations"
	ok "$by may run again over it" "load_$by"
}

mariadb_start

ok "plain loads an empty schema" load_plain
shape >"$work/plain"
ok "plain may load it again" load_plain
ok "a second load changes nothing" same_shape
like "stepq finds nothing to do after plain" "$(load_stepq)" "nothing to do"

clear_schema
ok "stepq loads an empty schema" load_stepq
ok "both make the same tables" same_shape

for version in new old; do
	adopts plain $version
	adopts stepq $version
	ok "both adopt a $version Laravel alike" \
		diff "$work/adopted-by-plain" "$work/adopted-by-stepq"
done

clear_schema
load_plain
payload=$(sql "CALL stepq_push('pipeline.full', 25,
	JSON_OBJECT('topic', 'space cat'));
	SELECT JSON_VALUE(payload, '\$.job'),
	JSON_VALUE(payload, '\$.data.episode_id'),
	JSON_VALUE(payload, '\$.data.input.topic') FROM jobs" | tail -n 1)
is "stepq_push puts a run on the queue" "$payload" \
	"pipeline.full	25	space cat"
ok "stepq_push takes no episode and no input" sql "
	CALL stepq_push('p', NULL, NULL)"
is "and says so in the payload" "$(sql "SELECT COUNT(*) FROM jobs WHERE
	payload LIKE '%\"data\":{\"episode_id\":null,\"input\":{}}%'")" 1
fails "stepq_push refuses what is not JSON" sql "
	CALL stepq_push('p', 1, '{broken')"
ok "stepq_push quotes the name" sql "CALL stepq_push('a\"b', 1, NULL)"
is "so that the payload stays JSON" \
	"$(sql 'SELECT MIN(JSON_VALID(payload)) FROM jobs')" 1

done_testing
