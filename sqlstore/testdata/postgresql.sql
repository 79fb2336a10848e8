CREATE TABLE IF NOT EXISTS "app"."sessions" (
	"key" bytea NOT NULL PRIMARY KEY,
	"owner" bytea,
	"data" bytea NOT NULL,
	"head" bytea NOT NULL,
	"deadline" BIGINT NOT NULL,
	"expires" BIGINT NOT NULL,
	"bucket" BIGINT NOT NULL,
	"version" BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS "sessions_bucket" ON "app"."sessions" ("bucket", "key");
CREATE INDEX IF NOT EXISTS "sessions_owner" ON "app"."sessions" ("owner", "key") WHERE "owner" IS NOT NULL;
