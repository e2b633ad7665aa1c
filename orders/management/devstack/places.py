"""Where the stack listens and keeps its data."""

import fcntl
import json
import os
import socket
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


class StackError(Exception):
    """The stack cannot start or go on; the message is one line for the person at the terminal."""


@dataclass(frozen=True)
class Places:
    """The ports and the data folder of one stack."""

    port: int
    temporal_port: int
    temporal_ui_port: int
    data_dir: Path

    @property
    def shop(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def temporal_ui(self) -> str:
        return f"http://{HOST}:{self.temporal_ui_port}"

    @property
    def temporal(self) -> str:
        return f"{HOST}:{self.temporal_port}"

    def settings(self) -> dict[str, str]:
        """The environment variables that make any program of this project use this stack."""
        database = os.environ.get("DATABASE_URL") or f"sqlite:///{self.data_dir / 'shop.sqlite3'}"
        return {
            "DJANGO_DEBUG": "true",
            "DEMO": "true",
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": database,
            "PAYMENT_METHODS": os.environ.get("PAYMENT_METHODS") or "sandbox,bank_transfer",
            "SHOP_BASE_URL": self.shop,
            "TEMPORAL_ADDRESS": self.temporal,
            "TEMPORAL_NAMESPACE": "default",
            "TEMPORAL_UI_URL": self.temporal_ui,
        }

    def environment(self) -> dict[str, str]:
        """This process's environment, pointed at this stack; of `TEMPORAL_*`, only the stack's own are kept."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("TEMPORAL_")}
        return {**inherited, "PYTHONUNBUFFERED": "1", **self.settings()}

    def announce(self) -> None:
        """Write `dev.json`, from which other tools learn where the running shop is."""
        about = {
            "base_url": self.shop,
            "admin_url": f"{self.shop}/admin/",
            "temporal_ui_url": self.temporal_ui,
            "port": self.port,
            "temporal_port": self.temporal_port,
            "temporal_ui_port": self.temporal_ui_port,
            "pid": os.getpid(),
            "environment": self.settings(),
        }
        file = self.data_dir / "dev.json"
        file.touch(mode=0o600)  # DATABASE_URL may hold a password
        file.write_text(json.dumps(about, indent=2) + "\n")

    def withdraw(self) -> None:
        """Remove `dev.json`."""
        (self.data_dir / "dev.json").unlink(missing_ok=True)


def choose(port: int, temporal_port: int, temporal_ui_port: int, data_dir: Path) -> Places:
    """Places with a free port for each 0. Raises StackError if a port is taken."""
    wanted = {"--port": port, "--temporal-port": temporal_port, "--temporal-ui-port": temporal_ui_port}
    found: list[int] = []
    # all sockets stay open until all are found, so that no port is given out twice
    sockets = [socket.socket() for _ in wanted]
    try:
        for probe, (option, number) in zip(sockets, wanted.items(), strict=True):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, number))
            except OSError as error:
                raise StackError(f"port {number} is taken or not allowed; choose another with {option}") from error
            found.append(probe.getsockname()[1])
    finally:
        for probe in sockets:
            probe.close()
    return Places(found[0], found[1], found[2], data_dir)


@contextmanager
def reserved(data_dir: Path) -> Iterator[None]:
    """Keep a second stack off this data folder. Raises StackError if there is one, or the folder cannot be used."""
    try:
        (data_dir / "logs").mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "dev.lock").open("w")
    except OSError as error:
        raise StackError(f"the data folder {data_dir} cannot be used: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"another `manage.py dev` already uses {data_dir}; stop it or choose --data-dir") from None
        yield


def program(name: str) -> str:
    """The path of a program that a package in this environment brings along. Raises StackError if it is missing."""
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.is_file():
        raise StackError(f"{name} is missing from {path.parent}; run `make install`")
    return str(path)


def python(*arguments: str) -> list[str]:
    """A command line for this same Python."""
    return [sys.executable, *arguments]
