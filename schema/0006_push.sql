-- CALL stepq_push('pipeline.full', 25, JSON_OBJECT('topic', 'space cat'));
--
-- Puts a run of a pipeline on the queue 'default', inside the caller's
-- transaction, and returns the run's uuid as a row.

DROP PROCEDURE IF EXISTS stepq_push;

DELIMITER //
CREATE PROCEDURE stepq_push(IN pipeline VARCHAR(64), IN episode BIGINT UNSIGNED,
                            IN input JSON)
  MODIFIES SQL DATA
  SQL SECURITY INVOKER
BEGIN
  DECLARE run_uuid CHAR(36) DEFAULT UUID();
  -- MariaDB takes any text for a parameter of type JSON.
  IF NOT JSON_VALID(input) THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'stepq_push: the input is not JSON';
  END IF;
  INSERT INTO jobs (queue, attempts, available_at, created_at, payload)
  VALUES ('default', 0, UNIX_TIMESTAMP(), UNIX_TIMESTAMP(),
          CONCAT('{"uuid":"', run_uuid, '","job":', JSON_QUOTE(pipeline),
                 ',"data":{"episode_id":', IFNULL(episode, 'null'),
                 ',"input":', IFNULL(input, '{}'), '}}'));
  SELECT run_uuid AS run;
END//
DELIMITER ;

INSERT IGNORE INTO stepq_migrations (version, name) VALUES (6, '0006_push');
