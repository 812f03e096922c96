-- What graphs need beyond chains: maps, rounds, gates, reruns, cancelling.
--
-- kind        run: the run itself. step: a call to an engine. map: a step
--             with a row for each of its items. item: one of those. gate: a
--             step that waits for a person. timer: one that only waits.
-- round       which row of its step this is in its run, from 1: a loop that
--             goes back makes new rows.
-- value       of an item: what `.item` is. Of a gate: the answer it got.
-- items       of a map: how many it has, once that is known. waiting_on is
--             then how many of them are not finished.
-- next_item   of a map: no item before this one still waits for its job.
-- origin_id   of a run: the run that it repeats. Of a step or item: the row
--             whose result it took over.
-- unique_key  of a run of a pipeline with `unique`, while it is live.
-- jobs.step_id  the row of episode_jobs that the job is for.

SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE episode_jobs
    ADD COLUMN kind ENUM(''run'',''step'',''map'',''item'',''gate'',''timer'')
      NOT NULL DEFAULT ''step'' AFTER item,
    ADD COLUMN round INT UNSIGNED NOT NULL DEFAULT 1 AFTER kind,
    ADD COLUMN value JSON NULL AFTER input,
    ADD COLUMN items INT UNSIGNED NULL,
    ADD COLUMN next_item INT UNSIGNED NULL,
    ADD COLUMN origin_id BIGINT UNSIGNED NULL,
    ADD COLUMN unique_key VARCHAR(96) NULL,
    ADD UNIQUE KEY episode_jobs_unique_key_unique (unique_key),
    DROP INDEX episode_jobs_run_id_index,
    ADD INDEX episode_jobs_run_id_index (run_id, parent_id, item)', 'DO 0')
  FROM information_schema.columns WHERE table_schema = DATABASE()
  AND table_name = 'episode_jobs' AND column_name = 'kind');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

UPDATE episode_jobs SET kind = 'run' WHERE run_id IS NULL AND kind <> 'run';

SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE jobs ADD COLUMN step_id BIGINT UNSIGNED NULL', 'DO 0')
  FROM information_schema.columns WHERE table_schema = DATABASE()
  AND table_name = 'jobs' AND column_name = 'step_id');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

SET @stepq_sql = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE jobs ADD INDEX jobs_step_id_index (step_id)', 'DO 0')
  FROM information_schema.statistics WHERE table_schema = DATABASE()
  AND table_name = 'jobs' AND index_name = 'jobs_step_id_index');
PREPARE stepq_statement FROM @stepq_sql;
EXECUTE stepq_statement;

-- A step's job says in its payload which step it is for. Those that were
-- queued before this column are few, or the queue was not drained first.
UPDATE jobs SET step_id = CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(payload,
  '"job":"stepq.step","data":{"episode_job_id":', -1), '}', 1) AS UNSIGNED)
  WHERE step_id IS NULL
  AND payload REGEXP '"job":"stepq\\.step","data":\\{"episode_job_id":[0-9]+\\}\\}$';
DEALLOCATE PREPARE stepq_statement;

-- Workers that hold steps look here, so that a cancelled call ends at once.
CREATE TABLE IF NOT EXISTS run_cancellations (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  run_id       BIGINT UNSIGNED NOT NULL,
  cancelled_at DATETIME(3) NOT NULL,
  KEY run_cancellations_cancelled_at_index (cancelled_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- As in 0004: not a table of the application's own.
SELECT run_id, cancelled_at FROM run_cancellations LIMIT 0;

INSERT IGNORE INTO stepq_migrations (version, name) VALUES (7, '0007_graphs');
