"""Shows the contracts that cannot be read as an import error of Airflow, with file and line; holds no DAG.

An exception costs a file all its DAGs: so it is raised here, beside the file that builds them.
"""

from contracts.errors import ContractInvalid
from operators.journey import faults_in
from operators.surroundings import config_folder

if faults := faults_in(config_folder()):
    raise ContractInvalid(faults)
