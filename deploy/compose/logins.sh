#!/bin/sh
# Run once by the database's image: the application's login beside the owner's, which owns the schema.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$MEDSETTLE_APP_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE medsettle_app;
CREATE ROLE app LOGIN PASSWORD :'password' IN ROLE medsettle_app;
SQL
