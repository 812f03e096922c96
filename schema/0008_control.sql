-- CALL stepq_approve('67', 'review', NULL);
-- CALL stepq_reject('67', 'review', JSON_OBJECT('reason', 'too dark'));
-- CALL stepq_cancel('67');
--
-- What the commands of these names do, from SQL. A run is named by its number
-- or its uuid. Inside a transaction of the caller's they are part of it, and
-- undone alone when they fail; outside of one each is a transaction. What they
-- refuse comes as SQLSTATE 45000. Keep such a transaction short: workers wait
-- for the run until it ends.
--
-- Locks are taken as store/queue.h says: the run, its jobs, its steps. A
-- SAVEPOINT is forgotten at once where there is no transaction; that is how
-- it is found out whether there is one.

DROP PROCEDURE IF EXISTS stepq_answer;
DROP PROCEDURE IF EXISTS stepq_approve;
DROP PROCEDURE IF EXISTS stepq_reject;
DROP PROCEDURE IF EXISTS stepq_cancel;

DELIMITER //
CREATE PROCEDURE stepq_answer(IN run_name VARCHAR(36) CHARACTER SET ascii,
                              IN gate VARCHAR(64) CHARACTER SET utf8mb4,
                              IN approved VARCHAR(5) CHARACTER SET ascii,
                              IN answer JSON)
  MODIFIES SQL DATA
  SQL SECURITY INVOKER
BEGIN
  DECLARE is_own, waits, late INT DEFAULT 0;
  DECLARE run_number, step_number BIGINT UNSIGNED;
  DECLARE step_kind, step_status VARCHAR(16) CHARACTER SET ascii;
  DECLARE given VARCHAR(5) CHARACTER SET ascii;
  DECLARE why VARCHAR(128) CHARACTER SET utf8mb4;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    -- A deadlock has undone all of it, the savepoint too.
    DECLARE CONTINUE HANDLER FOR 1305 BEGIN END;
    IF is_own THEN
      ROLLBACK;
    ELSE
      ROLLBACK TO SAVEPOINT stepq_control;
    END IF;
    RESIGNAL;
  END;

  BEGIN
    DECLARE CONTINUE HANDLER FOR 1305 SET is_own = 1;
    SAVEPOINT stepq_control;
    ROLLBACK TO SAVEPOINT stepq_control;
  END;
  IF is_own THEN
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;
  END IF;

  -- MariaDB takes any text for a parameter of type JSON.
  IF NOT JSON_VALID(answer) THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'stepq: the result is not JSON';
  END IF;
  IF run_name REGEXP '^[0-9]+$' THEN
    SET run_number = (SELECT id FROM episode_jobs
      WHERE id = CAST(run_name AS UNSIGNED) AND run_id IS NULL);
  ELSE
    SET run_number = (SELECT id FROM episode_jobs
      WHERE uuid = run_name AND run_id IS NULL);
  END IF;
  IF run_number IS NULL THEN
    SET why = CONCAT('stepq: no run ', IFNULL(run_name, 'NULL'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = why;
  END IF;
  DO (SELECT id FROM episode_jobs WHERE id = run_number FOR UPDATE);

  SET step_number = (SELECT id FROM episode_jobs
    FORCE INDEX (episode_jobs_run_id_index) WHERE run_id = run_number
    AND parent_id IS NULL AND item IS NULL AND step = gate
    ORDER BY id DESC LIMIT 1);
  IF step_number IS NULL THEN
    SET why = LEFT(CONCAT('stepq: run ', run_number, ' has no step ',
      IFNULL(gate, 'NULL')), 128);
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = why;
  END IF;
  UPDATE jobs FORCE INDEX (jobs_step_id_index)
    SET available_at = UNIX_TIMESTAMP()
    WHERE step_id = step_number AND reserved_at IS NULL;
  SELECT kind, status, waiting_on,
    JSON_UNQUOTE(JSON_EXTRACT(value, '$.approved')),
    IFNULL(available_at <= UNIX_TIMESTAMP(), 0)
    INTO step_kind, step_status, waits, given, late
    FROM episode_jobs WHERE id = step_number FOR UPDATE;
  SET why = CASE
    WHEN step_kind <> 'gate' THEN 'not a gate'
    WHEN given IS NOT NULL
      THEN IF(given = 'true', 'approved already', 'rejected already')
    WHEN step_status IN ('done', 'failed', 'skipped', 'cancelled')
      THEN CONCAT(step_status, ' already')
    WHEN waits > 0 THEN 'not reached yet'
    WHEN late THEN 'past its deadline' END;
  IF why IS NOT NULL THEN
    SET why = LEFT(CONCAT('stepq: step ', gate, ' of run ', run_number,
      ' is ', why), 128);
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = why;
  END IF;

  UPDATE episode_jobs SET value = CONCAT('{"approved":', approved,
    ',"result":', IFNULL(answer, 'null'), '}') WHERE id = step_number;
  INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,
    message, created_at)
    SELECT run_id, episode_id, id, 'log',
    IF(approved = 'true', 'approved', 'rejected'), UTC_TIMESTAMP(3)
    FROM episode_jobs WHERE id = step_number;

  IF is_own THEN
    COMMIT;
  ELSE
    RELEASE SAVEPOINT stepq_control;
  END IF;
END//

CREATE PROCEDURE stepq_approve(IN run_name VARCHAR(36) CHARACTER SET ascii,
                               IN gate VARCHAR(64) CHARACTER SET utf8mb4,
                               IN answer JSON)
  MODIFIES SQL DATA
  SQL SECURITY INVOKER
  CALL stepq_answer(run_name, gate, 'true', answer)//

CREATE PROCEDURE stepq_reject(IN run_name VARCHAR(36) CHARACTER SET ascii,
                              IN gate VARCHAR(64) CHARACTER SET utf8mb4,
                              IN answer JSON)
  MODIFIES SQL DATA
  SQL SECURITY INVOKER
  CALL stepq_answer(run_name, gate, 'false', answer)//

CREATE PROCEDURE stepq_cancel(IN run_name VARCHAR(36) CHARACTER SET ascii)
  MODIFIES SQL DATA
  SQL SECURITY INVOKER
BEGIN
  DECLARE is_own INT DEFAULT 0;
  DECLARE run_number, job_number BIGINT UNSIGNED;
  DECLARE run_status VARCHAR(16) CHARACTER SET ascii;
  DECLARE why VARCHAR(128) CHARACTER SET utf8mb4;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    DECLARE CONTINUE HANDLER FOR 1305 BEGIN END;
    IF is_own THEN
      ROLLBACK;
    ELSE
      ROLLBACK TO SAVEPOINT stepq_control;
    END IF;
    RESIGNAL;
  END;

  BEGIN
    DECLARE CONTINUE HANDLER FOR 1305 SET is_own = 1;
    SAVEPOINT stepq_control;
    ROLLBACK TO SAVEPOINT stepq_control;
  END;
  IF is_own THEN
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    START TRANSACTION;
  END IF;

  IF run_name REGEXP '^[0-9]+$' THEN
    SET run_number = (SELECT id FROM episode_jobs
      WHERE id = CAST(run_name AS UNSIGNED) AND run_id IS NULL);
  ELSE
    SET run_number = (SELECT id FROM episode_jobs
      WHERE uuid = run_name AND run_id IS NULL);
  END IF;

  IF run_number IS NULL THEN
    -- A run that no worker has begun is a job with that uuid.
    IF run_name REGEXP '^[0-9a-fA-F-]{36}$' THEN
      SET job_number = (SELECT id FROM jobs WHERE step_id IS NULL
        AND payload LIKE CONCAT('%', run_name, '%')
        AND LOWER(CASE WHEN JSON_VALID(payload) THEN
          JSON_UNQUOTE(JSON_EXTRACT(payload, '$.uuid')) END)
          = LOWER(run_name)
        AND CASE WHEN JSON_VALID(payload) THEN
          JSON_UNQUOTE(JSON_EXTRACT(payload, '$.job')) END <> 'stepq.step'
        ORDER BY id LIMIT 1);
    END IF;
    DELETE FROM jobs WHERE id = job_number AND reserved_at IS NULL;
    IF ROW_COUNT() = 0 THEN
      SET why = IF(job_number IS NULL,
        CONCAT('stepq: no run ', IFNULL(run_name, 'NULL')),
        CONCAT('stepq: a worker has just taken run ', run_name));
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = why;
    END IF;
  ELSE
    SELECT status INTO run_status FROM episode_jobs
      WHERE id = run_number FOR UPDATE;
    -- A failed run may have branches that still go on.
    IF run_status IN ('done', 'skipped', 'cancelled')
        OR run_status = 'failed' AND NOT EXISTS (SELECT 1
          FROM episode_jobs s FORCE INDEX (episode_jobs_run_id_index)
          STRAIGHT_JOIN jobs j FORCE INDEX (jobs_step_id_index)
          ON j.step_id = s.id WHERE s.run_id = run_number) THEN
      SET why = CONCAT('stepq: run ', run_number, ' is ', run_status,
        ' already');
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = why;
    END IF;
    DELETE j FROM episode_jobs s FORCE INDEX (episode_jobs_run_id_index)
      STRAIGHT_JOIN jobs j FORCE INDEX (jobs_step_id_index)
      ON j.step_id = s.id WHERE s.run_id = run_number;
    INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,
      state, progress, message, created_at)
      SELECT run_id, episode_id, id, 'state', 'cancelled', progress, step,
      UTC_TIMESTAMP(3)
      FROM episode_jobs FORCE INDEX (episode_jobs_run_id_index)
      WHERE run_id = run_number AND parent_id IS NULL
      AND status IN ('waiting', 'queued', 'running', 'retrying');
    UPDATE episode_jobs FORCE INDEX (episode_jobs_run_id_index)
      SET status = 'cancelled', available_at = NULL,
      completed_at = UTC_TIMESTAMP(3) WHERE run_id = run_number
      AND status IN ('waiting', 'queued', 'running', 'retrying');
    UPDATE episode_jobs SET status = 'cancelled', message = NULL,
      unique_key = NULL, completed_at = UTC_TIMESTAMP(3)
      WHERE id = run_number;
    INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,
      state, progress, message, created_at)
      SELECT id, episode_id, id, 'state', status, progress, pipeline,
      UTC_TIMESTAMP(3) FROM episode_jobs WHERE id = run_number;
    INSERT INTO run_cancellations (run_id, cancelled_at)
      VALUES (run_number, UTC_TIMESTAMP(3));
    -- The application's own table of that name is left in peace.
    IF (SELECT COUNT(*) FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'episodes'
        AND (column_name = 'id' AND column_key = 'PRI'
          OR column_name = 'status' AND data_type REGEXP 'char$|text$'
          AND character_maximum_length >= 16
          OR column_name IN ('stage', 'progress', 'cost'))) = 5 THEN
      UPDATE episode_jobs r JOIN episodes e ON e.id = r.episode_id
        SET e.status = r.status WHERE r.id = run_number;
    END IF;
  END IF;

  IF is_own THEN
    COMMIT;
  ELSE
    RELEASE SAVEPOINT stepq_control;
  END IF;
END//
DELIMITER ;

INSERT IGNORE INTO stepq_migrations (version, name)
VALUES (8, '0008_control');
