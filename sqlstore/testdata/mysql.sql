CREATE TABLE IF NOT EXISTS `app`.`sessions` (
	`key` VARBINARY(32) NOT NULL PRIMARY KEY,
	`owner` VARBINARY(1024),
	`data` MEDIUMBLOB NOT NULL,
	`head` VARBINARY(2200) NOT NULL,
	`deadline` BIGINT NOT NULL,
	`expires` BIGINT NOT NULL,
	`bucket` BIGINT NOT NULL,
	`version` BIGINT NOT NULL,
	KEY `sessions_bucket` (`bucket`, `key`),
	KEY `sessions_owner` (`owner`, `key`)
) ENGINE=InnoDB;
