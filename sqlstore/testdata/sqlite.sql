CREATE TABLE IF NOT EXISTS "app"."sessions" (
	"key" BLOB NOT NULL PRIMARY KEY,
	"owner" BLOB,
	"data" BLOB NOT NULL,
	"head" BLOB NOT NULL,
	"deadline" INTEGER NOT NULL,
	"expires" INTEGER NOT NULL,
	"bucket" INTEGER NOT NULL,
	"version" INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS "app"."sessions_bucket" ON "sessions" ("bucket", "key");
CREATE INDEX IF NOT EXISTS "app"."sessions_owner" ON "sessions" ("owner", "key") WHERE "owner" IS NOT NULL;
