"""The journey of one batch, without Airflow: extract, standardize, validate, publish."""
