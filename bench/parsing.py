"""What a folder of contracts costs Airflow: `python -m bench.parsing <config> [<one dataset's id>]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import monotonic, process_time


def main() -> None:
    """Prints the seconds after Airflow's import until all DAGs stand, or the one that a task builds.

    The import of our own operators and contracts is in them.
    """
    from airflow.sdk import DAG, BaseOperator, CronTriggerTimetable, Param, chain  # noqa: F401

    begun, cpu = monotonic(), process_time()
    from operators.journey import journey_at, journeys_in

    config = Path(sys.argv[1])
    dags = [journey_at(config, sys.argv[2])] if len(sys.argv) > 2 else [*journeys_in(config).values()]
    print(
        json.dumps({"seconds": monotonic() - begun, "cpu_seconds": process_time() - cpu, "dags": len(dags)})
    )


if __name__ == "__main__":
    main()
