"""An installation tried out: every ✗ is a sentence that says what to do."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest


def faults(stdout: str) -> list[tuple[str, str]]:
    checks = [json.loads(line) for line in stdout.splitlines()]
    return [(one["about"], one["sentence"]) for one in checks if one["state"] == "fault"]


@pytest.fixture
def private(town: Any) -> Any:
    """The town's folder as its user's alone."""
    town.folder.chmod(0o700)
    return town


def test_a_sound_installation_has_no_fault_and_says_what_it_tried(private: Any, run: Any) -> None:
    code, stdout, _ = run("doctor")
    assert code == 0, stdout
    assert "✗" not in stdout
    for about in (
        "versions",
        "contracts",
        "connections",
        "work store",
        "hand-over store",
        "public store",
        "publisher",
    ):
        assert f"✓ {about}" in stdout


def test_it_leaves_nothing_behind(private: Any, run: Any) -> None:
    run("doctor")
    for store in ("work", "public", "restricted", "handover"):
        assert private.published(store).keys() <= {".lock"}


def test_folders_are_said_to_be_no_boundary_under_one_user(private: Any, run: Any, after: Any) -> None:
    after(1)
    _, stdout, _ = run("doctor")
    assert "– publisher" in stdout
    assert "it could open the folder of the restricted store: the boundary is another user." in stdout


def test_a_broken_city_an_undefined_connection_and_a_wrong_address_are_told_at_once(
    private: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (private.folder / "config/city.yml").write_text("name: Villebourg\n")
    monkeypatch.setenv("CONCENTRATOR_RESTRICTED", "ftp://agents")
    code, stdout, _ = run("doctor", "--json")
    told = faults(stdout)
    assert code == 1
    assert [about for about, _ in told] == ["contracts", "restricted store"]
    assert "city.yml" in told[0][1]
    assert "neither a folder nor s3://" in told[1][1]


def test_a_connection_that_only_airflow_may_know_is_a_note(
    private: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_PORTAL")
    code, stdout, _ = run("doctor")
    assert code == 0
    assert "not in this environment: portal. Airflow may hold them." in stdout


def test_one_store_inside_another_is_a_fault(private: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCENTRATOR_RESTRICTED", str(private.folder / "public" / "agents"))
    code, stdout, _ = run("doctor", "--json")
    assert code == 1
    assert any("lies inside" in sentence for _, sentence in faults(stdout))


def test_a_folder_that_cannot_be_written_is_a_fault(private: Any, run: Any) -> None:
    (private.folder / "restricted").write_text("a file where a folder should be: no user can write into it")
    code, stdout, _ = run("doctor", "--json")
    assert code == 1
    assert "restricted store" in [about for about, _ in faults(stdout)]


@pytest.fixture
def on_s3(
    private: Any, run: Any, s3_server: SimpleNamespace, s3_address: str, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """The restricted store in S3; strangers are refused unless a test says otherwise."""
    address, _, options = s3_address.partition("?")
    monkeypatch.setenv("CONCENTRATOR_RESTRICTED", f"{address}/agents?{options}")
    s3_server.fault = strangers_refused
    return s3_server


def strangers_refused(environ: dict[str, Any], start: Any, moto: Any) -> Any:
    signed = "HTTP_AUTHORIZATION" in environ or "X-Amz-Signature" in environ.get("QUERY_STRING", "")
    return moto(environ, start) if signed else forbidden(start)


def forbidden(start: Any) -> Any:
    start("403 Forbidden", [("Content-Type", "application/xml")])
    return [b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"]


def test_a_restricted_bucket_that_nobody_else_can_read_is_sound(on_s3: Any, run: Any) -> None:
    code, stdout, _ = run("doctor")
    assert code == 0, stdout
    assert "✓ restricted store" in stdout
    assert "it cannot read the restricted store" in stdout  # no credentials reached the publisher


def test_a_restricted_bucket_that_is_public_is_a_fault(on_s3: Any, run: Any) -> None:
    on_s3.fault = None  # moto lets strangers in
    code, stdout, _ = run("doctor", "--json")
    assert code == 1
    assert any("by anyone although it is not the public store" in sentence for _, sentence in faults(stdout))


@pytest.mark.parametrize(
    ("method", "words"),
    [("PUT", "can be read but not written"), ("DELETE", "deleted"), (None, "restricted store")],
)
def test_credentials_that_are_wrong_or_half_wrong_are_told(
    on_s3: Any, run: Any, method: str | None, words: str
) -> None:
    def half(environ: dict[str, Any], start: Any, moto: Any) -> Any:
        refused = method in (None, environ["REQUEST_METHOD"])
        return forbidden(start) if refused else strangers_refused(environ, start, moto)

    on_s3.fault = half
    code, stdout, _ = run("doctor", "--json")
    told = dict(faults(stdout))
    assert code == 1
    assert words in told["restricted store"]


def test_a_publisher_that_finds_the_keys_of_the_restricted_bucket_is_a_fault(
    on_s3: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"CONCENTRATOR_PUBLISHER_{name}", "testing")
    code, stdout, _ = run("doctor", "--json")
    assert code == 1
    assert any(
        about == "publisher" and "it can read the restricted store" in sentence
        for about, sentence in faults(stdout)
    )


def test_with_half_wrong_credentials_a_run_is_one_sentence_and_what_was_published_stays(
    private: Any,
    run: Any,
    after: Any,
    s3_server: SimpleNamespace,
    s3_address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    after(1)
    before = private.published("public")
    address, _, options = s3_address.partition("?")
    monkeypatch.setenv("CONCENTRATOR_RESTRICTED", f"{address}/agents?{options}")
    s3_server.fault = lambda environ, start, moto: (
        forbidden(start) if environ["REQUEST_METHOD"] == "PUT" else moto(environ, start)
    )
    code, _, stderr = run("run", "mobility.parks", "--force")
    assert code == 1
    assert "restricted store" in stderr
    assert "Traceback" not in stderr
    assert private.published("public") == before
