-- What failed for good, in Laravel's shape; adopted when it is there.

CREATE TABLE IF NOT EXISTS failed_jobs (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid       VARCHAR(255) NOT NULL,
  connection VARCHAR(255) NOT NULL,
  queue      VARCHAR(255) NOT NULL,
  payload    LONGTEXT NOT NULL,
  exception  LONGTEXT NOT NULL,
  failed_at  TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE KEY failed_jobs_uuid_unique (uuid),
  KEY failed_jobs_connection_queue_failed_at_index (connection, queue,
    failed_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Before version 8 Laravel gave failed jobs no uuid.
SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE failed_jobs ADD COLUMN uuid VARCHAR(255) NULL AFTER id',
  'DO 0')
  FROM information_schema.columns WHERE table_schema = DATABASE()
  AND table_name = 'failed_jobs' AND column_name = 'uuid');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

UPDATE failed_jobs SET uuid = UUID() WHERE uuid IS NULL;

SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE failed_jobs ADD UNIQUE KEY failed_jobs_uuid_unique (uuid)',
  'DO 0')
  FROM information_schema.statistics WHERE table_schema = DATABASE()
  AND table_name = 'failed_jobs' AND column_name = 'uuid'
  AND seq_in_index = 1 AND non_unique = 0);
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;
DEALLOCATE PREPARE stepq_statement;

INSERT IGNORE INTO stepq_migrations (version, name)
VALUES (2, '0002_failed_jobs');
