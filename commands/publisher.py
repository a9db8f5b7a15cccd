"""The public publisher as a process: views to publish come by standard input, answers leave by output."""

from __future__ import annotations

import json
import os
import sys

from contracts.errors import ConcentratorError
from pipeline.publisher import Publisher, publish_handed, publisher_from


def main() -> None:
    """Answers each `["<dataset>", "<attempt>"]` with `{"receipt": …}` or `{"refusal": …, "told": […]}`."""
    publisher = publisher_from(os.environ)
    for line in sys.stdin:
        dataset_id, attempt = json.loads(line)
        print(json.dumps(_answer(publisher, dataset_id, attempt)), flush=True)


def _answer(publisher: Publisher, dataset_id: str, attempt: str) -> dict[str, object]:
    try:
        return {"receipt": publish_handed(publisher, dataset_id, attempt).model_dump(mode="json")}
    except ConcentratorError as error:
        told = [error.place, error.met, error.promised, error.remedy]
        return {"refusal": type(error).__name__, "told": told}


if __name__ == "__main__":
    main()
