"""Asks Airflow's public API, as a script may: sign in with the password, then JSON both ways."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

_DIRECT = build_opener(ProxyHandler({}))  # the loopback never goes through a proxy


class Refused(Exception):
    """The sample city cannot go on; the text says why, for the terminal."""

    status: int | None = None


@dataclass
class Rest:
    """Airflow's API at one address, for one user."""

    address: str
    user: str
    password: str = field(repr=False)
    _token: str | None = field(default=None, repr=False)

    def asked(self, method: str, path: str, body: object = None, *, signed: bool = True) -> Any:
        """The answer's JSON.

        Raises:
            Refused: no answer, or one that is not a success (`status` says which).
        """
        if signed and self._token is None:
            credentials = {"username": self.user, "password": self.password}
            self._token = self.asked("POST", "/auth/token", credentials, signed=False)["access_token"]
        headers = {"Content-Type": "application/json"}
        if signed:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data=data, headers=headers, method=method)
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            refusal = Refused(f"Airflow answered {error.code} to {method} {path}.")
            refusal.status = error.code
            raise refusal from error
        except (OSError, ValueError) as error:
            raise Refused(f"Airflow did not answer {method} {path}.") from error
