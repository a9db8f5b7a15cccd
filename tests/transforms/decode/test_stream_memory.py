"""Memory does not grow with the file: one process reads files of 256 KB, then of 5 MB, of each kind."""

import json
import subprocess
import sys
from pathlib import Path

from bench import stream_inputs

KINDS = {
    "json": (stream_inputs.write_json, {"type": "json", "records": "data.items"}),
    "geojson": (stream_inputs.write_geojson, {"type": "geojson"}),
    "xml": (stream_inputs.write_xml, {"type": "xml", "records": "parcs.parc"}),
    "xlsx": (stream_inputs.write_xlsx, {"type": "xlsx"}),
}
SMALL, LARGE = 256 << 10, 5 << 20
GROWTH = 24 << 10  # KiB; 10 were measured at most, and an XML of 5 MB held whole takes 50

READER = """
import json, resource, sys
from pathlib import Path
from pydantic import TypeAdapter
from contracts.formats import Format
from transforms.decode import columns, sheets, tables
from transforms.decode.decoding import decode
from transforms.engine import engine

columns._BATCH_BYTES = tables._BATCH_TEXT = 1 << 20
tables._BATCH_CELLS, sheets.HELD_WHOLE = 20_000, 0
told = {}
with engine(Path(sys.argv[1])) as connection:
    connection.execute("SET memory_limit = '32MB'; SET threads = 1")
    for path, form in json.loads(sys.argv[2]):
        decode(connection, Path(path), "x", TypeAdapter(Format).validate_python(form), table="t",
               scratch=Path(sys.argv[1]), place="ville.test")
        rows = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        connection.execute("DROP TABLE t; CHECKPOINT")
        told[path] = rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(told))
"""


def test_twenty_times_the_file_takes_the_same_memory(tmp_path: Path):
    written = {}
    for size in (SMALL, LARGE):
        for kind, (write, form) in KINDS.items():
            path = tmp_path / f"{size}.{kind}"
            written[str(path)] = write(path, size), form
    files = json.dumps([(path, form) for path, (_, form) in written.items()])
    child = subprocess.run([sys.executable, "-c", READER, str(tmp_path / "engine"), files],
                           capture_output=True, text=True, check=True)  # fmt: skip
    told = json.loads(child.stdout)
    assert {path: rows for path, (rows, _) in told.items()} == {
        path: rows for path, (rows, _) in written.items()
    }
    peaks = {path: peak for path, (_, peak) in told.items()}
    base = peaks[str(tmp_path / f"{SMALL}.xlsx")]
    assert {path: peak - base for path, peak in peaks.items() if peak - base > GROWTH} == {}
