"""`python -m bench.streams`: huge JSON, XML and workbooks through standardize, a process for each."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import stream_inputs
from bench.running import BenchFailed, cost_of

_HERE = Path(__file__).parent
_QUICK = 100  # how much smaller the files of --quick are


@dataclass(frozen=True)
class _Kind:
    """A file to be made and read: its name in the results, its size in bytes, how a contract declares it."""

    label: str
    size: int
    write: Callable[[Path, int], int]
    form: dict[str, Any]
    fields: dict[str, dict[str, Any]]


_PARC = {"id": {"type": "integer"}, "nom": {}, "capacite": {"type": "integer"}, "maj": {}}
_JSON = _PARC | {
    "tarifs": {},
    "voie": {"from": "adresse.voie"},
    "lon": {"from": "geo_point_2d.lon", "type": "number"},
}
_XML = {
    "id": {"from": "@id", "type": "integer"},
    "nom": {},
    "places": {"from": "capacite.@V", "type": "integer"},
}
_SHEET = {
    "id": {"type": "integer"},
    "nom": {},
    "montant": {"type": "decimal(12,2)"},
    "jour": {"type": "date"},
}
_FEATURE = {"id": {"from": "feature.id", "type": "integer"}, "nom": {}, "contour": {"from": "geometry"}}
KINDS = {
    kind.label: kind
    for kind in (
        _Kind("json_1g", 1 << 30, stream_inputs.write_json, {"type": "json", "records": "data.items"}, _JSON),
        _Kind("jsonl_1g", 1 << 30, stream_inputs.write_jsonl, {"type": "jsonl"}, _JSON),
        _Kind("geojson_1g", 1 << 30, stream_inputs.write_geojson, {"type": "geojson"}, _FEATURE),
        _Kind("xml_500m", 500 << 20, stream_inputs.write_xml, {"type": "xml", "records": "parcs.parc"}, _XML),
        _Kind("xlsx_300m", 300 << 20, stream_inputs.write_xlsx, {"type": "xlsx"}, _SHEET),
    )
}


def measured(kind: _Kind, size: int, folder: Path) -> dict[str, float]:
    """Seconds by the clock and of work, peak RSS in MiB and MB/s of one file, made for it and removed.

    Raises:
        BenchFailed: it was not read, or not all of its records.
    """
    path = folder / "source"
    records = kind.write(path, size)
    cost = cost_of(["bench.streams", "--read", kind.label, str(path)], kind.label)
    told = json.loads(cost.told)
    path.unlink()
    if told["kept"] != records:
        raise BenchFailed(kind.label, f"kept {told['kept']} rows", promised=f"{records}")
    return {
        "seconds": round(told["seconds"], 1), "cpu_seconds": round(told["cpu_seconds"], 1),
        "peak_rss_mib": round(cost.peak_rss), "mb_per_second": round(size / 1e6 / told["seconds"], 1),
    }  # fmt: skip


def standardized(kind: _Kind, path: Path) -> dict[str, float]:
    """Seconds by the clock and of work, and rows, of decode and conform as standardize does; no imports."""
    from contracts.dataset import Dataset
    from transforms.conform import conform
    from transforms.decode.decoding import decode
    from transforms.engine import engine

    dataset = Dataset.model_validate(_contract(kind))
    start, worked = time.perf_counter(), time.process_time()
    with TemporaryDirectory(dir=path.parent) as own, engine(Path(own) / "engine") as connection:
        decoded = decode(connection, path, path.name, dataset.format, table="source", scratch=Path(own),
                         place=dataset.id)  # fmt: skip
        counts = conform(
            connection, dataset, decoded, Path(own) / "table.parquet", Path(own) / "rejects.parquet"
        )
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    return {"seconds": seconds, "cpu_seconds": cpu, "kept": counts.rows_kept}


def _contract(kind: _Kind) -> dict[str, Any]:
    texts = {"title": {"fr": "Parcs"}, "description": {"fr": "Parcs"}}
    return {
        "theme": "mobility", "name": "parcs", "format": kind.form, "key": ["id"],
        "about": {**texts, "publisher": "Mobilité", "frequency": "daily", "contact": "opendata@example.org"},
        "source": {"kind": "http_file", "connection": "portal", "path": "x"},
        "fields": {name: {"public": True, **field} for name, field in kind.fields.items()},
        "audiences": ["public", "restricted"],
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    """Measures every kind and keeps the figures, or named ones as a trial; `--read` is a measured process."""
    if arguments[:1] == ["--read"]:
        print(json.dumps(standardized(KINDS[arguments[1]], Path(arguments[2]))))
        return
    from bench.results import kept

    quick = "--quick" in arguments
    wanted = [word for word in arguments if word in KINDS] or list(KINDS)
    found: dict[str, float] = {}
    with TemporaryDirectory(dir=_HERE.parent / "var", prefix="bench-") as folder:
        for label in wanted:
            figures = measured(KINDS[label], KINDS[label].size // (_QUICK if quick else 1), Path(folder))
            print(label, figures, flush=True)
            found |= {f"stream_{label}_{name}": value for name, value in figures.items()}
    if not quick and wanted == list(KINDS):
        kept(
            _HERE,
            "streams",
            found,
            moment=datetime.now(UTC),
            ran=" ".join(("python -m bench.streams", *arguments)),
        )


if __name__ == "__main__":
    main(sys.argv[1:])
