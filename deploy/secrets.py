"""`make secrets`: writes `.env` with freshly drawn passwords and keys for docker-compose.yml."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

Draw = Callable[[int], bytes]

# RFC 7518 §3.2: a key for HMAC-SHA512 has 64 bytes. Passwords stand in URLs, so they are URL-safe.
_LENGTHS = {
    "AIRFLOW_ADMIN_PASSWORD": 18,
    "AIRFLOW_API_SECRET": 64,
    "AIRFLOW_DB_PASSWORD": 32,
    "AIRFLOW_JWT_SECRET": 64,
    "CELERY_DB_PASSWORD": 32,
    "POSTGRES_PASSWORD": 32,
    "PORTAL_PASSWORD": 18,
    "REDIS_PASSWORD": 32,
    "S3_ADMIN_SECRET": 32,
    "S3_CITY_SECRET": 32,
    "S3_PUBLISHER_SECRET": 32,
    "S3_READER_SECRET": 32,
}
_HEADER = """\
# Drawn by `make secrets`; never in version control. A copy belongs in the town hall's password safe: without
# AIRFLOW_FERNET_KEY the connections in a restored database cannot be read.
"""


def drawn(draw: Draw = secrets.token_bytes) -> dict[str, str]:
    """A value for every secret of docker-compose.yml, by name; no two are alike."""
    values = {name: _text(draw(length)).rstrip("=") for name, length in _LENGTHS.items()}
    keys = {
        name.replace("_SECRET", "_KEY"): draw(10).hex().upper() for name in _LENGTHS if name.startswith("S3_")
    }
    return dict(sorted({**values, **keys, "AIRFLOW_FERNET_KEY": _text(draw(32))}.items()))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


def written(file: Path, values: dict[str, str], *, force: bool = False) -> bool:
    """Whether the file was written, for its owner's eyes only (mode 600).

    Without `force` nothing is overwritten: new passwords would not open the databases that exist.
    """
    if file.exists() and not force:
        return False
    arriving = file.with_name(f"{file.name}.new")
    arriving.unlink(missing_ok=True)
    descriptor = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as opened:
        opened.write(_HEADER + "".join(f"{name}={value}\n" for name, value in values.items()))
    arriving.replace(file)
    return True


def main() -> None:
    """Exit 1 where `.env` exists and FORCE=1 was not said."""
    parser = argparse.ArgumentParser(prog="python -m deploy.secrets", description=__doc__)
    parser.add_argument("--file", type=Path, default=Path(".env"))
    parser.add_argument("--force", action="store_true", help="draw all of them anew")
    asked = parser.parse_args()
    if not written(asked.file, drawn(), force=asked.force):
        sys.exit(
            f"{asked.file} exists and was left as it is: its passwords open the databases that were made "
            f"with them. To draw new ones: make secrets FORCE=1, after `docker compose down --volumes`."
        )
    print(f"{asked.file} holds new secrets, for your eyes only.")


if __name__ == "__main__":
    main()
