-- What the application works on. stepq needs neither table filled: where an
-- episode with the id of a run's episode_id stands here, the run's status,
-- stage, progress and cost are mirrored onto it.

CREATE TABLE IF NOT EXISTS projects (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name       VARCHAR(255) NOT NULL,
  created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
             ON UPDATE CURRENT_TIMESTAMP(3)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS episodes (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  project_id  BIGINT UNSIGNED NULL,
  title       VARCHAR(255) NOT NULL DEFAULT '',
  status      VARCHAR(32) NOT NULL DEFAULT 'draft',
  stage       VARCHAR(64) NULL,
  progress    DECIMAL(5,2) NOT NULL DEFAULT 0,
  cost        DECIMAL(14,6) NOT NULL DEFAULT 0,
  input       JSON NULL,
  cover_image VARCHAR(1024) NULL,
  metadata    JSON NULL,
  created_at  DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  updated_at  DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
              ON UPDATE CURRENT_TIMESTAMP(3),
  KEY episodes_project_id_index (project_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

INSERT IGNORE INTO stepq_migrations (version, name)
VALUES (3, '0003_projects_episodes');
