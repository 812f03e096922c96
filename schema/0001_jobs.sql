-- The queue, in Laravel's shape, so that Laravel, its artisan commands and
-- any SQL client read and write it. A table that Laravel made is adopted:
-- what it lacks is added, no row is touched.
--
-- available_at  from when a row may be claimed: when it is due or, once
--               claimed, when its lease ends. New and abandoned rows are one
--               range of one index, and delayed rows lie outside it.
-- reserved_at   NULL: waits. Set: a worker holds it. stepq always writes
--               reserved_at < available_at; a Laravel worker leaves
--               reserved_at >= available_at and is never interfered with.
-- fence         times this row was claimed; only grows. Every write of a
--               worker names it, so a worker that lost its lease cannot write.
-- lost          times in a row that its worker vanished without a word.
-- reserved_by   workers.id of the holder.

CREATE TABLE IF NOT EXISTS jobs (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  queue        VARCHAR(255) NOT NULL,
  payload      LONGTEXT NOT NULL,
  attempts     SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  reserved_at  INT UNSIGNED NULL,
  available_at INT UNSIGNED NOT NULL,
  created_at   INT UNSIGNED NOT NULL,
  fence        INT UNSIGNED NOT NULL DEFAULT 0,
  lost         SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  reserved_by  BIGINT UNSIGNED NULL,
  KEY jobs_queue_available_at_index (queue, available_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE jobs ADD COLUMN fence INT UNSIGNED NOT NULL DEFAULT 0', 'DO 0')
  FROM information_schema.columns WHERE table_schema = DATABASE()
  AND table_name = 'jobs' AND column_name = 'fence');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE jobs ADD COLUMN lost SMALLINT UNSIGNED NOT NULL DEFAULT 0',
  'DO 0')
  FROM information_schema.columns WHERE table_schema = DATABASE()
  AND table_name = 'jobs' AND column_name = 'lost');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE jobs ADD COLUMN reserved_by BIGINT UNSIGNED NULL', 'DO 0')
  FROM information_schema.columns WHERE table_schema = DATABASE()
  AND table_name = 'jobs' AND column_name = 'reserved_by');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

-- Laravel had TINYINT here before 13.6: a job retried 255 times blocked all.
-- This one copies the table; the others do not.
SET @stepq_sql = (SELECT IF(COUNT(*) > 0,
  'ALTER TABLE jobs MODIFY attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0',
  'DO 0')
  FROM information_schema.columns WHERE table_schema = DATABASE()
  AND table_name = 'jobs' AND column_name = 'attempts'
  AND data_type = 'tinyint');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

-- The claim names this index, and needs the whole queue column in front of
-- available_at: with a prefix of it the server sorts, and locks what it sorts.
SET @stepq_sql = (SELECT CASE COALESCE(GROUP_CONCAT(
  CONCAT(column_name, COALESCE(sub_part, '')) ORDER BY seq_in_index), '')
  WHEN 'queue,available_at' THEN 'DO 0'
  WHEN '' THEN 'ALTER TABLE jobs
    ADD INDEX jobs_queue_available_at_index (queue, available_at)'
  ELSE 'ALTER TABLE jobs DROP INDEX jobs_queue_available_at_index,
    ADD INDEX jobs_queue_available_at_index (queue, available_at)' END
  FROM information_schema.statistics WHERE table_schema = DATABASE()
  AND table_name = 'jobs' AND index_name = 'jobs_queue_available_at_index');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;
DEALLOCATE PREPARE stepq_statement;

CREATE TABLE IF NOT EXISTS stepq_migrations (
  version    INT UNSIGNED NOT NULL PRIMARY KEY,
  name       VARCHAR(255) NOT NULL,
  applied_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

INSERT IGNORE INTO stepq_migrations (version, name) VALUES (1, '0001_jobs');
