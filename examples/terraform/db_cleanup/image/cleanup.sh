#!/bin/sh
# Deletes expired sessions; psql ends with 3 when a statement fails, and with 2 when it cannot connect.
export PGUSER="$DB_USERNAME" PGPASSWORD="$DB_PASSWORD"
exec psql --host "$DB_HOST" --dbname app --no-password --set ON_ERROR_STOP=1 --file expired_sessions.sql
