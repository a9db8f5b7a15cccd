"""The driver against a server that answers as badly as Airflow on SQLite was seen to."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sample.drive import Ride, followed, trigger
from sample.rest import Refused, Rest


class Airflow(ThreadingHTTPServer):
    """Answers in turn from a list for each path; the last answer stays. Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers: dict[str, list[tuple[int, Any]]] = {"/auth/token": [(201, {"access_token": "t"})]}
        self.asked: list[str] = []

    @property
    def api(self) -> Rest:
        return Rest(f"http://127.0.0.1:{self.server_port}", "admin", "word")


class Answering(BaseHTTPRequestHandler):
    server: Airflow

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.server.asked.append(path)
        answers = self.server.answers[path]
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *values: Any) -> None:
        pass


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    with Airflow() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


RUNS, TASKS = "/api/v2/dags/~/dagRuns", "/api/v2/dags/~/dagRuns/~/taskInstances"
TRIGGER = "/api/v2/dags/a.b/dagRuns"


def test_a_trigger_that_got_through_in_spite_of_an_error_is_not_a_second_run(airflow: Airflow) -> None:
    airflow.answers[TRIGGER] = [(500, {}), (409, {"detail": "exists"})]
    trigger(airflow.api, Ride("a.b", "r"))
    assert airflow.asked.count(TRIGGER) == 2


def test_a_dag_that_cannot_be_triggered_is_refused_with_the_answer(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sample.drive.time.sleep", lambda seconds: None)
    airflow.answers[TRIGGER] = [(404, {})]
    with pytest.raises(Refused, match="answered 404"):
        trigger(airflow.api, Ride("a.b", "r"))


def test_a_ride_is_followed_to_its_end_through_a_failed_look(airflow: Airflow) -> None:
    def run(state: str) -> dict[str, Any]:
        return {"dag_runs": [{"dag_id": "a.b", "dag_run_id": "r", "state": state, "duration": 2.5}]}

    def tasks(state: str) -> dict[str, Any]:
        mine = {"dag_id": "a.b", "dag_run_id": "r", "task_id": "extract", "state": state}
        return {"task_instances": [mine, {**mine, "dag_run_id": "yesterday", "state": "failed"}]}

    airflow.answers[RUNS] = [(200, run("running")), (500, {}), (200, run("success"))]
    airflow.answers[TASKS] = [(200, tasks("running")), (200, tasks("skipped"))]
    ride, seen = Ride("a.b", "r"), list[str]()
    followed(airflow.api, [ride], 30, changed=lambda changed: seen.append(changed.state))
    assert seen == ["running", "success"]
    assert (ride.tasks, ride.seconds) == ({"extract": "skipped"}, 2.5)


def test_a_run_that_airflow_lost_is_triggered_again(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sample.drive._LOST_AFTER", 0.0)
    monkeypatch.setattr("sample.drive._PAUSE", 0.01)
    done = {"dag_runs": [{"dag_id": "a.b", "dag_run_id": "r", "state": "success", "duration": 1.0}]}
    airflow.answers[RUNS] = [(200, {"dag_runs": []}), (200, {"dag_runs": []}), (200, done)]
    airflow.answers[TASKS] = [(200, {"task_instances": []})]
    airflow.answers[TRIGGER] = [(200, {})]
    followed(airflow.api, [Ride("a.b", "r")], 30, changed=lambda ride: None)
    assert TRIGGER in airflow.asked


def test_an_answer_that_no_second_look_mends_is_told_at_once(airflow: Airflow) -> None:
    airflow.answers[TASKS] = [(400, {})]
    with pytest.raises(Refused, match="answered 400"):
        followed(airflow.api, [Ride("a.b", "r")], 30, changed=lambda ride: None)


def test_what_does_not_end_in_time_is_named(airflow: Airflow) -> None:
    airflow.answers[RUNS] = [(200, {"dag_runs": [{"dag_id": "a.b", "dag_run_id": "r", "state": "running"}]})]
    airflow.answers[TASKS] = [(200, {"task_instances": []})]
    with pytest.raises(Refused, match=r"not over after 0 s: a\.b"):
        followed(airflow.api, [Ride("a.b", "r")], 0, changed=lambda ride: None)


def test_a_source_that_is_down_is_not_waited_for() -> None:
    assert Ride("a.b", "r", state="running", tasks={"extract": "up_for_retry"}).is_over


def test_an_airflow_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(Refused, match="did not answer GET /x"):
        Rest("http://127.0.0.1:9", "admin", "word").asked("GET", "/x", signed=False)
