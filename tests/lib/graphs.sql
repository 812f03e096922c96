-- SPDX-License-Identifier: MIT
--
-- A run in which something of everything waits, loaded behind runs.sql:
--
--   run 200, episode 40: repeats run 67. image is a map at 7 of 12 items;
--   review is a gate, pause a timer; rendering and qa are in their second
--   round; worker b-02, which runs rendering, is silent.

SET time_zone = '+00:00';
SET @now = NOW(3);
SET @s = UNIX_TIMESTAMP();

INSERT INTO definitions (id, hash, pipeline, definition) VALUES
(2, REPEAT('b', 64), 'film', CONCAT('{"name":"film","steps":[',
 '{"name":"text","engine":"e","needs":[]},',
 '{"name":"image","engine":"e","needs":["text"],"each":".text[]"},',
 '{"name":"extra","engine":"e","needs":["text"],"when":"false"},',
 '{"name":"credits","engine":"e","needs":["extra"]},',
 '{"name":"music","engine":"e","needs":["text"],"on_failure":"continue"},',
 '{"name":"review","gate":{"on_reject":"fail"},"needs":["text","music"]},',
 '{"name":"pause","wait_ms":600000,"needs":["text"]},',
 '{"name":"rendering","engine":"e","needs":["text"]},',
 '{"name":"qa","engine":"e","needs":["rendering"],',
 '"again":{"to":"rendering","when":".qa","at_most":3}},',
 '{"name":"lettering","engine":"e","needs":["image"]},',
 '{"name":"publish","engine":"e","needs":["lettering","review","pause","qa"]}',
 ']}'));

INSERT INTO episode_jobs (id, uuid, run_id, parent_id, item, kind, round,
  episode_id, definition_id, pipeline, step, status, attempts, waiting_on,
  items, origin_id, message, error, cost, worker, queue, available_at,
  created_at, started_at, completed_at)
SELECT id, CONCAT('00000000-0000-4000-8000-000000000', id), run_id, parent_id,
  item, kind, round, 40, IF(run_id IS NULL, 2, NULL), 'film', step, status,
  attempts, waiting_on, items, origin_id, message, error,
  IF(status = 'done', 0.1, 0), IF(attempts > 0, 'a-01', NULL), 'default', due,
  @now - INTERVAL 600 SECOND,
  IF(age IS NULL, NULL, @now - INTERVAL age SECOND),
  IF(status IN ('done', 'failed', 'skipped'), @now - INTERVAL 30 SECOND, NULL)
FROM (
 SELECT 200 id, NULL run_id, NULL parent_id, NULL item, 'run' kind, 1 round,
  NULL step, 'running' status, 0 attempts, 7 waiting_on, NULL items,
  67 origin_id, NULL message, NULL error, NULL due, 590 age
 UNION ALL SELECT 201, 200, NULL, NULL, 'step', 1, 'text', 'done', 0, 0,
  NULL, 68, NULL, NULL, NULL, 590
 UNION ALL SELECT 202, 200, NULL, NULL, 'map', 1, 'image', 'running', 1, 5,
  12, NULL, NULL, NULL, NULL, 500
 UNION ALL SELECT 203, 200, NULL, NULL, 'step', 1, 'extra', 'skipped', 0, 0,
  NULL, NULL, 'when: false', NULL, NULL, NULL
 UNION ALL SELECT 204, 200, NULL, NULL, 'step', 1, 'credits', 'skipped', 0, 0,
  NULL, NULL, 'all it needs was skipped', NULL, NULL, NULL
 UNION ALL SELECT 205, 200, NULL, NULL, 'step', 1, 'music', 'failed', 3, 0,
  NULL, NULL, NULL, 'status 500', NULL, 400
 UNION ALL SELECT 206, 200, NULL, NULL, 'gate', 1, 'review', 'waiting', 0, 0,
  NULL, NULL, NULL, NULL, @s + 7205, 185
 UNION ALL SELECT 207, 200, NULL, NULL, 'timer', 1, 'pause', 'waiting', 0, 0,
  NULL, NULL, NULL, NULL, @s + 245, 360
 UNION ALL SELECT 208, 200, NULL, NULL, 'step', 1, 'rendering', 'done', 1, 0,
  NULL, NULL, NULL, NULL, NULL, 300
 UNION ALL SELECT 209, 200, NULL, NULL, 'step', 1, 'qa', 'done', 1, 0,
  NULL, NULL, NULL, NULL, NULL, 200
 UNION ALL SELECT 210, 200, NULL, NULL, 'step', 1, 'lettering', 'waiting', 0,
  1, NULL, NULL, NULL, NULL, NULL, NULL
 UNION ALL SELECT 211, 200, NULL, NULL, 'step', 1, 'publish', 'waiting', 0, 4,
  NULL, NULL, NULL, NULL, NULL, NULL
 UNION ALL SELECT 212, 200, NULL, NULL, 'step', 2, 'rendering', 'running', 1,
  0, NULL, NULL, NULL, NULL, NULL, 45
 UNION ALL SELECT 213, 200, NULL, NULL, 'step', 2, 'qa', 'waiting', 0, 1,
  NULL, NULL, NULL, NULL, NULL, NULL
 UNION ALL SELECT 300 + i, 200, 202, i, 'item', 1, 'image',
  ELT(i + 1, 'done', 'done', 'done', 'done', 'done', 'done', 'failed',
   'running', 'retrying', 'queued', 'waiting', 'waiting'),
  ELT(i + 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 0, 0, 0), 0, NULL,
  NULL, NULL, ELT(i + 1, NULL, NULL, NULL, NULL, NULL, NULL,
   '400 content policy', NULL, '429 from engine image'),
  IF(i = 8, @s + 65, NULL), IF(i < 9, 100, NULL)
 FROM (SELECT 0 i UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4
  UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9
  UNION SELECT 10 UNION SELECT 11) numbers) made
ORDER BY id;

INSERT INTO workers (id, name, host, pid, queues, concurrency, state,
  started_at, heartbeat_at) VALUES
(1, 'a-01', 'a', 100, 'high,default', 8, 'running', @now, @now),
(2, 'b-02', 'b', 200, 'default', 8, 'running', @now,
 @now - INTERVAL 40 SECOND);

INSERT INTO jobs (id, step_id, queue, payload, available_at, reserved_at,
  reserved_by, created_at) VALUES
(500, 307, 'default', '{}', @s + 25, @s - 95, 1, 0),
(501, 308, 'default', '{}', @s + 65, NULL, NULL, 0),
(502, NULL, 'default', '{}', @s - 20, NULL, NULL, 0),
(503, NULL, 'default', '{}', @s - 12, NULL, NULL, 0),
(504, 309, 'default', '{}', @s - 12, NULL, NULL, 0),
(505, 206, 'default', '{}', @s + 7205, NULL, NULL, 0),
(506, 207, 'default', '{}', @s + 245, NULL, NULL, 0),
(507, 212, 'default', '{}', @s + 15, @s - 45, 2, 0);
