"""What a real installation needs beside the code: secrets, buckets, databases, Airflow's local settings."""
