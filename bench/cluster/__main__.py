"""`python -m bench.cluster`: how much more two Celery workers do than one, on this machine."""

from __future__ import annotations

import argparse
import json
import os
import time

from bench.cluster.machines import Cluster, cluster


def two_over_one(datasets: int) -> dict[str, float]:
    """`celery_two_over_one`: runs per second of two workers over one's, all changed; and their seconds.

    Each worker has two processes. Airflow, PostgreSQL, Redis and the S3 server are on the same cores: where
    these are few, a second worker adds hands and no machine.

    Raises:
        Refused: a server is not installed, or a run is not over in time.
    """
    with cluster(datasets) as made:
        made.joined("one")
        made.ready()
        _seconds(made, edition=1)  # imports, first connections
        one = _seconds(made, edition=2)
        made.joined("two")
        _seconds(made, edition=3)
        two = _seconds(made, edition=4)
    return {"celery_one_seconds": one, "celery_two_seconds": two, "celery_two_over_one": one / two}


def _seconds(made: Cluster, edition: int) -> float:
    made.town.renewed(edition)
    began = time.monotonic()
    made.ridden(f"edition-{edition}", made.town.dataset_ids, within=1800)
    return time.monotonic() - began


def main() -> None:
    """Prints the figures as JSON, with the cores they were measured on."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--datasets", type=int, default=16)
    asked = parser.parse_args()
    print(
        json.dumps(
            {"cores": os.cpu_count(), "datasets": asked.datasets, **two_over_one(asked.datasets)}, indent=1
        )
    )


if __name__ == "__main__":
    main()
