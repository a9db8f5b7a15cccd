"""Secrets in a text, in all the ways in which libraries and servers write them back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without any secret, raw, URL-encoded or in base64; an empty one is passed over."""
    written = {form for secret in secrets if secret for form in _forms(secret)}
    pattern = "|".join(re.escape(form) for form in sorted(written, key=len, reverse=True))
    return re.sub(pattern, MASK, text, flags=re.IGNORECASE) if pattern else text


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    plain = {secret, json.dumps(secret)[1:-1], *coded, *(code.rstrip("=") for code in coded)}
    return plain | {form for text in plain for form in (quote(text), quote(text, safe=""), quote_plus(text))}
