#!/bin/sh
# Starts Redis with the password of its environment; by standard input, since arguments can be read in /proc.
# What it holds are tasks that wait: with appendonly they survive a restart. It is never full for Celery's sake:
# noeviction refuses a message rather than lose another.
set -eu
exec redis-server - <<CONFIG
port ${REDIS_PORT:-6379}
bind ${REDIS_BIND:-0.0.0.0}
requirepass ${REDIS_PASSWORD}
dir ${REDIS_FOLDER:-/data}
appendonly yes
save ""
maxmemory 256mb
maxmemory-policy noeviction
CONFIG
