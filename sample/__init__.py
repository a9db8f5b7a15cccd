"""The sample city: six real datasets, their sources served on loopback, and Airflow to run them."""
