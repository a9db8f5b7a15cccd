"""The sample city: sixty datasets, their sources served on loopback, and Airflow to run them."""
