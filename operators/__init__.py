"""Airflow's clothes around the pipeline: the only room, with dags, that imports airflow."""
