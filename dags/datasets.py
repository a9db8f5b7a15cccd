"""One Airflow DAG for each sound contract; inside a task, only the one that runs."""

from airflow.sdk import get_parsing_context

from operators.journey import journey_at, journeys_in
from operators.surroundings import config_folder

only = get_parsing_context().dag_id
journeys = {only: journey_at(config_folder(), only)} if only else journeys_in(config_folder())
globals().update(journeys)  # Airflow takes the DAGs that stand at the top of a module
