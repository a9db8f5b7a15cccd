"""A copy of the sample city's sources with canaries in all that the public must not see."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import openpyxl
from openpyxl.comments import Comment

from contracts.dataset import Dataset
from privacy.canaries import Planting
from sample import sources

Rows = list[dict[str, Any]]


def planted(planting: Planting, rows: Rows) -> None:
    """Canaries over the last rows, which are public ones; hidden rows behind them."""
    spoiled = [*planting.overlays, *planting.unfit_rows]
    kept = dict(rows[-len(spoiled) - 1])
    for row, cells in zip(rows[-len(spoiled) :], spoiled, strict=True):
        row.update(cells)
    rows += [{**kept, **cells} for cells in planting.hidden_rows]


def plant_csv(planting: Planting, path: Path, dataset: Dataset) -> None:
    """Delimited text without quotes around line ends: all that the sample has."""
    import csv

    written: Any = dataset.format
    quote = {"quotechar": written.quote} if written.quote else {"quoting": csv.QUOTE_NONE}
    encoded = path.read_bytes().decode(written.encoding)
    lines = list(csv.reader(encoded.splitlines(), delimiter=written.delimiter, **quote))
    bottom = len(written.skip_bottom) if isinstance(written.skip_bottom, tuple) else 0
    header, body, rest = lines[0], lines[1 : len(lines) - bottom], lines[len(lines) - bottom :]
    rows: Rows = [dict(zip(header, line, strict=False)) for line in body]
    planted(planting, rows)
    columns = list(dict.fromkeys([*header, *(name for row in rows for name in row)]))
    trailing = [""] if written.trailing_delimiter else []
    out = [columns, *([row.get(name, "") for name in columns] + trailing for row in rows), *rest]
    with path.open("w", encoding=written.encoding, newline="") as file:
        quoting: Any = {} if written.quote else {"quoting": csv.QUOTE_NONE, "quotechar": None}
        csv.writer(file, delimiter=written.delimiter, lineterminator="\n", **quoting).writerows(out)


def plant_json(planting: Planting, path: Path, dataset: Dataset) -> None:
    """A list of records whose columns are paths: `fields.nom`, `pk`."""
    records = json.loads(path.read_bytes())
    rows: Rows = [
        {"pk": one["pk"], **{f"fields.{k}": v for k, v in one["fields"].items()}} for one in records
    ]
    planted(planting, rows)
    out = [
        {
            "model": row.pop("model", "erp.erp"), "pk": row.pop("pk"),
            "fields": {name.removeprefix("fields."): cell for name, cell in row.items()},
        }
        for row in rows
    ]  # fmt: skip
    for one, text in zip(out, planting.beside, strict=False):
        one["remarque"] = text
    path.write_text(json.dumps(out, ensure_ascii=False), encoding="utf-8")


def plant_geojson(planting: Planting, path: Path, dataset: Dataset) -> None:
    """Properties; and members of the collection and of its features that no reader expects."""
    collection = json.loads(path.read_bytes())
    rows: Rows = [one["properties"] for one in collection["features"]]
    planted(planting, rows)
    collection["name"], collection["metadata"] = planting.beside[0], {"auteur": planting.beside[1]}
    for one, text in zip(collection["features"], planting.beside[2:], strict=False):
        one["remarque"] = text
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def plant_xlsx(planting: Planting, path: Path, dataset: Dataset) -> None:
    """A hidden sheet, comments, properties and names; the sheet itself has no room for another column."""
    book = openpyxl.load_workbook(path)
    hidden = book.create_sheet("Brouillon")
    hidden.sheet_state = "veryHidden"
    for cells in planting.overlays:
        hidden.append([text for pair in cells.items() for text in pair])
    book.properties.creator, book.properties.description, *comments = planting.beside
    for number, text in enumerate(comments[:-1], 2):
        book.worksheets[0].cell(number, 1).comment = Comment(text, "agent")
    book.save(path)
    path.rename(path.with_name(f"europeennes2019 {comments[-1]}.xlsx"))


PLANTING: dict[str, Callable[[Planting, Path, Dataset], None]] = {
    ".csv": plant_csv, ".xls": plant_csv, ".json": plant_json, ".geojson": plant_geojson, ".xlsx": plant_xlsx,
}  # fmt: skip


def sources_with(plantings: dict[str, Planting], datasets: dict[str, Dataset], folder: Path) -> None:
    """The sample's sources in `folder`, with each dataset's canaries."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sources.SOURCES, folder)
    for dataset_id, planting in plantings.items():
        dataset = datasets[dataset_id]
        name = dataset.source.options.get("path") or dataset.source.options["pattern"]
        place = folder / dataset.source.connection / dataset.source.options.get("folder", "")
        (path,) = place.glob(name)
        PLANTING[path.suffix](planting, path, dataset)


@contextmanager
def serving(folder: Path, headers: dict[str, str]) -> Iterator[str]:
    """The sample's own server, which sends some headers more."""

    class Telling(sources._ReadOnly):
        def end_headers(self) -> None:
            for name, value in headers.items():
                self.send_header(name, value)
            super().end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Telling, folder.resolve()))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
