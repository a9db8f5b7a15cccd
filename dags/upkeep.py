"""The DAGs of the upkeep: reconcile, collect, embargoes."""

from operators.surroundings import config_folder
from operators.upkeep import upkeep_in

globals().update(upkeep_in(config_folder()))  # Airflow takes the DAGs that stand at the top of a module
