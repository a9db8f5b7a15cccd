"""What Airflow reads first: it assembles what the operators offer, and decides nothing."""
