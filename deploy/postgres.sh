#!/bin/sh
# Run once by PostgreSQL's image: a database for Airflow and one for Celery's results, each with a role of its own.
# A worker holds the second role only, so no task comes near the metadata with its connections.
set -eu
# By \getenv: a password in an argument could be read in /proc.
psql --set ON_ERROR_STOP=1 --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv airflow AIRFLOW_DB_PASSWORD
\getenv celery CELERY_DB_PASSWORD
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE ROLE celery LOGIN PASSWORD :'celery';
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE celery OWNER celery;
REVOKE CONNECT ON DATABASE airflow FROM PUBLIC;
REVOKE CONNECT ON DATABASE celery FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
SQL
