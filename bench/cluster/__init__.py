"""Many machines on one: Airflow with PostgreSQL, Redis, S3 and Celery workers that share nothing else."""
