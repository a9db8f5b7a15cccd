"""What each process of Airflow imports first: a Celery worker loads the heavy libraries before it forks."""

import sys

from operators.preload import preload

if sys.argv[1:3] == ["celery", "worker"]:  # the scheduler forks no task here, so it need not pay for them
    preload(sys.argv)
