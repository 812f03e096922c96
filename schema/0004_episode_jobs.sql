-- One row a run (run_id NULL), one row a step. All times are UTC.
--
-- waiting_on    a step: how many of the steps it needs are not finished.
--               A run: how many of its steps are not finished.
-- attempts      times the step was started, over all retries; jobs.attempts
--               counts only those that its tries are up for.
-- queue         where the run was pushed to; a step's own queue if it has one.
-- options       of a run: what the payload said (maxTries, timeout, ...).
-- available_at  of a run: what its steps' jobs get, a second before its own
--               job's, so that older runs are finished before newer ones.
--               Of a step: when its next attempt is due, while it is retrying.
-- definition_id of a run: the pipeline as it was when the run began.

CREATE TABLE IF NOT EXISTS definitions (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash       CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  pipeline   VARCHAR(64) NOT NULL,
  definition LONGTEXT NOT NULL,
  created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  UNIQUE KEY definitions_hash_unique (hash)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS episode_jobs (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid          CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  run_id        BIGINT UNSIGNED NULL,
  parent_id     BIGINT UNSIGNED NULL,
  episode_id    BIGINT UNSIGNED NULL,
  definition_id BIGINT UNSIGNED NULL,
  pipeline      VARCHAR(64) NOT NULL,
  step          VARCHAR(64) NULL,
  item          INT UNSIGNED NULL,
  status        ENUM('waiting','queued','running','retrying','done','failed',
                     'skipped','cancelled') NOT NULL,
  attempts      INT UNSIGNED NOT NULL DEFAULT 0,
  waiting_on    INT UNSIGNED NOT NULL DEFAULT 0,
  progress      DECIMAL(5,2) NOT NULL DEFAULT 0,
  message       VARCHAR(1000) NULL,
  input         JSON NULL,
  result        JSON NULL,
  error         TEXT NULL,
  cost          DECIMAL(14,6) NOT NULL DEFAULT 0,
  worker        VARCHAR(255) NULL,
  queue         VARCHAR(255) NOT NULL,
  options       JSON NULL,
  available_at  INT UNSIGNED NULL,
  created_at    DATETIME(3) NOT NULL,
  started_at    DATETIME(3) NULL,
  completed_at  DATETIME(3) NULL,
  UNIQUE KEY episode_jobs_uuid_unique (uuid),
  KEY episode_jobs_run_id_index (run_id),
  KEY episode_jobs_episode_id_index (episode_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What happened, for people and pages that watch; the rows above are the
-- truth. kind: state (a change of status), progress, log.
CREATE TABLE IF NOT EXISTS episode_events (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  run_id         BIGINT UNSIGNED NOT NULL,
  episode_id     BIGINT UNSIGNED NULL,
  episode_job_id BIGINT UNSIGNED NOT NULL,
  kind           ENUM('state','progress','log') NOT NULL,
  state          VARCHAR(32) NULL,
  progress       DECIMAL(5,2) NULL,
  message        VARCHAR(1000) NULL,
  created_at     DATETIME(3) NOT NULL,
  KEY episode_events_run_id_index (run_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A table of the application's own with one of these names ends it here,
-- before anything is recorded, with the column that is missing.
SELECT hash, pipeline, definition FROM definitions LIMIT 0;
SELECT run_id, definition_id, waiting_on, options FROM episode_jobs LIMIT 0;
SELECT run_id, episode_job_id, kind, state FROM episode_events LIMIT 0;

INSERT IGNORE INTO stepq_migrations (version, name)
VALUES (4, '0004_episode_jobs');
