-- SPDX-License-Identifier: MIT
--
-- Runs in every state and failed jobs of every kind, for tests of what reads
-- them. Loaded into empty tables, with the clock of the server.
--
--   run  25, episode  7  queued, nothing has started; 25 is an episode too
--   run  67, episode 25  done
--   run  74, episode 31  failed in step director: failed job 12
--   run  81, episode 26  running: image retries, the rest waits for it
--
--   failed jobs: 8 of no JSON, 9 of Laravel, 10 of a step that is gone,
--   11 of an unknown pipeline, 12 of run 74

SET time_zone = '+00:00';
SET @now = NOW(3);
SET @due = UNIX_TIMESTAMP() - 600;

INSERT INTO definitions (id, hash, pipeline, definition) VALUES
(1, REPEAT('a', 64), 'pipeline.full', CONCAT('{"name":"pipeline.full","steps":[',
 '{"name":"text","engine":"text","needs":[]},',
 '{"name":"director","engine":"director","needs":["text"]},',
 '{"name":"image","engine":"image","needs":["text","director"]},',
 '{"name":"lettering","engine":"lettering","needs":["image"]},',
 '{"name":"packaging","engine":"pack","needs":["lettering"]}]}'));

INSERT INTO episode_jobs (id, uuid, run_id, episode_id, definition_id,
  pipeline, step, status, attempts, waiting_on, progress, message, result,
  error, cost, worker, queue, available_at, created_at, started_at,
  completed_at) VALUES
(25, '00000000-0000-4000-8000-000000000025', NULL, 7, 1, 'pipeline.full',
 NULL, 'queued', 0, 2, 0, NULL, NULL, NULL, 0, NULL, 'default', @due,
 @now - INTERVAL 30 SECOND, NULL, NULL),
(26, '00000000-0000-4000-8000-000000000026', 25, 7, NULL, 'pipeline.full',
 'text', 'queued', 0, 0, 0, NULL, NULL, NULL, 0, NULL, 'default', NULL,
 @now - INTERVAL 30 SECOND, NULL, NULL),
(27, '00000000-0000-4000-8000-000000000027', 25, 7, NULL, 'pipeline.full',
 'director', 'waiting', 0, 1, 0, NULL, NULL, NULL, 0, NULL, 'default', NULL,
 @now - INTERVAL 30 SECOND, NULL, NULL),

(67, '00000000-0000-4000-8000-000000000067', NULL, 25, 1, 'pipeline.full',
 NULL, 'done', 0, 0, 100, NULL, NULL, NULL, 1.12, NULL, 'default', @due,
 @now - INTERVAL 420 SECOND, @now - INTERVAL 414 SECOND,
 @now - INTERVAL 240 SECOND),
(68, '00000000-0000-4000-8000-000000000068', 67, 25, NULL, 'pipeline.full',
 'text', 'done', 1, 0, 100, NULL, '{"scenes":[]}', NULL, 0.12, 'a-01',
 'default', NULL, @now - INTERVAL 420 SECOND, @now - INTERVAL 414 SECOND,
 @now - INTERVAL 395800000 MICROSECOND),
(69, '00000000-0000-4000-8000-000000000069', 67, 25, NULL, 'pipeline.full',
 'director', 'done', 1, 0, 100, NULL, '{"artifacts":"no list"}', NULL, 0.2,
 'a-01', 'default', NULL, @now - INTERVAL 420 SECOND,
 @now - INTERVAL 395 SECOND, @now - INTERVAL 373 SECOND),
(70, '00000000-0000-4000-8000-000000000070', 67, 25, NULL, 'pipeline.full',
 'image', 'done', 3, 0, 100, NULL, '{"artifacts":["p/1.png",7,"p/2.png"]}',
 NULL, 0.64, 'b-02', 'default', NULL, @now - INTERVAL 420 SECOND,
 @now - INTERVAL 373 SECOND, @now - INTERVAL 282 SECOND),
(71, '00000000-0000-4000-8000-000000000071', 67, 25, NULL, 'pipeline.full',
 'lettering', 'done', 1, 0, 100, NULL, '{}', NULL, 0.1, 'a-01', 'default',
 NULL, @now - INTERVAL 420 SECOND, @now - INTERVAL 282 SECOND,
 @now - INTERVAL 261 SECOND),
(72, '00000000-0000-4000-8000-000000000072', 67, 25, NULL, 'pipeline.full',
 'packaging', 'done', 1, 0, 100, NULL,
 '{"artifacts":["var/storage/episodes/25/webtoon.html"]}', NULL, 0.06,
 'a-01', 'default', NULL, @now - INTERVAL 420 SECOND,
 @now - INTERVAL 261 SECOND, @now - INTERVAL 240 SECOND),

(74, '00000000-0000-4000-8000-000000000074', NULL, 31, 1, 'pipeline.full',
 NULL, 'failed', 0, 2, 40, NULL, NULL,
 'director: status 500 after 3 tries: "model overloaded"', 0.12, NULL,
 'default', @due, @now - INTERVAL 300 SECOND, @now - INTERVAL 299 SECOND,
 @now - INTERVAL 248 SECOND),
(75, '00000000-0000-4000-8000-000000000075', 74, 31, NULL, 'pipeline.full',
 'text', 'done', 1, 0, 100, NULL, '{}', NULL, 0.12, 'a-01', 'default', NULL,
 @now - INTERVAL 300 SECOND, @now - INTERVAL 299 SECOND,
 @now - INTERVAL 280 SECOND),
(76, '00000000-0000-4000-8000-000000000076', 74, 31, NULL, 'pipeline.full',
 'director', 'failed', 3, 0, 0, NULL, NULL,
 'status 500 after 3 tries: "model overloaded"', 0, 'a-01', 'default', NULL,
 @now - INTERVAL 300 SECOND, @now - INTERVAL 280 SECOND,
 @now - INTERVAL 248 SECOND),
(77, '00000000-0000-4000-8000-000000000077', 74, 31, NULL, 'pipeline.full',
 'image', 'waiting', 0, 1, 0, NULL, NULL, NULL, 0, NULL, 'default', NULL,
 @now - INTERVAL 300 SECOND, NULL, NULL),

(81, '00000000-0000-4000-8000-000000000081', NULL, 26, 1, 'pipeline.full',
 NULL, 'running', 0, 2, 46, NULL, NULL, NULL, 0.32, NULL, 'default', @due,
 @now - INTERVAL 80 SECOND, @now - INTERVAL 72 SECOND, NULL),
(82, '00000000-0000-4000-8000-000000000082', 81, 26, NULL, 'pipeline.full',
 'text', 'done', 1, 0, 100, NULL, '{}', NULL, 0.12, 'a-01', 'default', NULL,
 @now - INTERVAL 80 SECOND, @now - INTERVAL 72 SECOND,
 @now - INTERVAL 54 SECOND),
(83, '00000000-0000-4000-8000-000000000083', 81, 26, NULL, 'pipeline.full',
 'director', 'running', 1, 0, 0, NULL, NULL, NULL, 0.2, 'b-02', 'default',
 NULL, @now - INTERVAL 80 SECOND, @now - INTERVAL 53 SECOND, NULL),
(84, '00000000-0000-4000-8000-000000000084', 81, 26, NULL, 'pipeline.full',
 'image', 'retrying', 2, 0, 0, NULL, NULL,
 '429 from engine image', 0, 'a-01', 'default', UNIX_TIMESTAMP() + 3600,
 @now - INTERVAL 80 SECOND, @now - INTERVAL 31 SECOND, NULL),
(85, '00000000-0000-4000-8000-000000000085', 81, 26, NULL, 'pipeline.full',
 'lettering', 'waiting', 0, 1, 0, NULL, NULL, NULL, 0, NULL, 'default', NULL,
 @now - INTERVAL 80 SECOND, NULL, NULL);

UPDATE episode_jobs SET kind = 'run' WHERE run_id IS NULL;

INSERT INTO episode_events (id, run_id, episode_id, episode_job_id, kind,
  state, progress, message, created_at) VALUES
(1, 67, 25, 67, 'state', 'running', 0, 'pipeline.full',
 @now - INTERVAL 414 SECOND),
(2, 67, 25, 70, 'state', 'retrying', 40, 'image: 429 from engine image',
 @now - INTERVAL 300 SECOND),
(3, 67, 25, 70, 'progress', NULL, 60, NULL, @now - INTERVAL 290 SECOND),
(4, 67, 25, 70, 'log', NULL, NULL, 'panel 2 of 2', @now - INTERVAL 285 SECOND),
(5, 67, 25, 70, 'state', 'done', 100, 'image', @now - INTERVAL 282 SECOND),
(6, 67, 25, 67, 'state', 'done', 100, 'pipeline.full',
 @now - INTERVAL 240 SECOND),
(7, 74, 31, 76, 'state', 'failed', 0,
 'director: status 500 after 3 tries: "model overloaded"',
 @now - INTERVAL 248 SECOND),
(8, 74, 31, 74, 'state', 'failed', 40,
 'director: status 500 after 3 tries: "model overloaded"',
 @now - INTERVAL 248 SECOND);

INSERT INTO failed_jobs (id, uuid, connection, queue, payload, exception,
  failed_at) VALUES
(8, 'not-even-a-uuid', 'stepq', 'low', '{"job":"pipeline.full","data":',
 'payload is no JSON: unfinished\nin job 400', NOW() - INTERVAL 3 DAY),
(9, '00000000-0000-4000-8000-000000000009', 'database', 'mail',
 '{"uuid":"00000000-0000-4000-8000-000000000009","displayName":"App\\\\Jobs\\\\Mail","job":"Illuminate\\\\Queue\\\\CallQueuedHandler@call","maxTries":null,"data":{"commandName":"App\\\\Jobs\\\\Mail","command":"O:13:..."}}',
 'Error: smtp is down in /app/Mail.php:7\nStack trace:\n#0 {main}',
 NOW() - INTERVAL 2 DAY),
(10, '00000000-0000-4000-8000-000000000010', 'stepq', 'default',
 '{"uuid":"00000000-0000-4000-8000-000000000010","displayName":"old/step","job":"stepq.step","data":{"episode_job_id":7000}}',
 'gone', NOW() - INTERVAL 1 DAY),
(11, '00000000-0000-4000-8000-000000000011', 'stepq', 'default',
 '{"job":"pipeline.ful","data":{"episode_id":30}}',
 'no pipeline ''pipeline.ful''\nhint: did you mean ''pipeline.full''?',
 NOW() - INTERVAL 2 HOUR),
(12, '00000000-0000-4000-8000-000000000076', 'stepq', 'default',
 '{"uuid":"00000000-0000-4000-8000-000000000076","displayName":"pipeline.full/director","job":"stepq.step","data":{"episode_job_id":76}}',
 'status 500 after 3 tries: "model overloaded"\nPOST http://127.0.0.1:8002/generate\nstatus 500\nbody model overloaded',
 NOW() - INTERVAL 248 SECOND);

INSERT INTO episodes (id, title, status, stage) VALUES
(31, 'thirty-one', 'failed', 'director');
