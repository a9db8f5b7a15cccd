#!/bin/sh
# Airflow's database at this version, and its first account where there is none yet; may be run at every start.
set -eu
airflow db migrate
# Twice by standard input, as it is asked for: an argument could be read in /proc.
printf '%s\n%s\n' "$AIRFLOW_ADMIN_PASSWORD" "$AIRFLOW_ADMIN_PASSWORD" |
  airflow users create --username admin --role Admin --firstname Admin --lastname Admin --email admin@localhost
