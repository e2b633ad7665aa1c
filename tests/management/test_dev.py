"""`manage.py dev`, run as a person runs it: separate processes, real signals."""

import signal
import socket
from pathlib import Path

import pytest
import requests

from orders.management.devstack.places import reserved
from tests.management.running import dev_stack, status_of

SECRETS = dict.fromkeys(("DJANGO_SECRET_KEY", "PAYMENT_WEBHOOK_SECRET"), "0123456789abcdef" * 2)

pytestmark = pytest.mark.xdist_group("dev")


def test_everything_comes_up_and_ctrl_c_leaves_nothing_behind_and_a_second_start_finds_the_data(tmp_path: Path) -> None:
    with dev_stack(tmp_path) as stack:
        about = stack.about()

        assert status_of(f"{about['base_url']}/healthz") == 200
        assert status_of(f"{about['base_url']}/readyz") == 200
        assert status_of(about["temporal_ui_url"]) == 200
        assert about["environment"]["TEMPORAL_ADDRESS"] == f"127.0.0.1:{about['temporal_port']}"
        assert about["base_url"] in stack.output
        assert len(stack.processes()) >= 4
        assert answers_to_guesses(f"{about['base_url']}/accounts/login/") == [200, 200, 200, 200, 429]

        assert stack.interrupt(signal.SIGINT) == 0
        assert stack.processes() == []
        assert not (tmp_path / "dev.json").exists()

    with dev_stack(tmp_path) as again:
        again.about()

        again.child("run_worker").kill()

        assert again.wait() == 1
        complaint = again.output.strip().splitlines()[-1]
        assert "worker was killed by SIGKILL" in complaint
        assert "Traceback" not in again.output
        assert again.processes() == []


def answers_to_guesses(login: str) -> list[int]:
    """What somebody is answered who guesses a password five times and claims another address each time."""
    with requests.Session() as guesser:
        guesser.get(login)
        form = {"username": "anna", "password": "wrong", "csrfmiddlewaretoken": guesser.cookies["csrftoken"]}
        return [
            guesser.post(login, form, headers={"X-Forwarded-For": f"192.0.2.{guess}"}).status_code for guess in range(5)
        ]


@pytest.mark.parametrize("option", ["--port", "--temporal-port", "--temporal-ui-port"])
def test_a_taken_port_is_named_with_the_option_that_chooses_another(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        with dev_stack(tmp_path, option, port) as stack:
            code = stack.wait()

    assert code == 1
    assert stack.output == (f"CommandError: port {port} is taken or not allowed; choose another with {option}\n")


def test_demo_users_are_not_made_outside_debug(tmp_path: Path) -> None:
    production = {"DJANGO_DEBUG": "false", "ALLOW_SANDBOX": "true", **SECRETS}

    with dev_stack(tmp_path, **production) as stack:
        code = stack.wait()

    assert code == 1
    assert "does not run with DJANGO_DEBUG=false" in stack.output


def test_a_data_folder_serves_one_stack_at_a_time(tmp_path: Path) -> None:
    with reserved(tmp_path), dev_stack(tmp_path) as second:
        code = second.wait()

    assert code == 1
    assert "another `manage.py dev` already uses" in second.output
