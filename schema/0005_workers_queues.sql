-- One row a worker process; heartbeat_at is renewed while it lives, and the
-- row goes when it stops in good order.
CREATE TABLE IF NOT EXISTS workers (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name         VARCHAR(255) NOT NULL,
  host         VARCHAR(255) NOT NULL,
  pid          INT UNSIGNED NOT NULL,
  queues       TEXT NOT NULL,
  concurrency  INT UNSIGNED NOT NULL,
  state        VARCHAR(16) NOT NULL,
  running      INT UNSIGNED NOT NULL DEFAULT 0,
  done         BIGINT UNSIGNED NOT NULL DEFAULT 0,
  failed       BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rss_kib      BIGINT UNSIGNED NOT NULL DEFAULT 0,
  started_at   DATETIME(3) NOT NULL,
  heartbeat_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row a queue that someone paused: workers take nothing from a queue
-- while its paused_at is set.
CREATE TABLE IF NOT EXISTS queues (
  name      VARCHAR(255) NOT NULL PRIMARY KEY,
  paused_at DATETIME(3) NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- As in 0004: not a table of the application's own.
SELECT host, pid, queues, heartbeat_at FROM workers LIMIT 0;
SELECT name, paused_at FROM queues LIMIT 0;

INSERT IGNORE INTO stepq_migrations (version, name)
VALUES (5, '0005_workers_queues');
