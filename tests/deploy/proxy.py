"""nginx as `deploy/nginx.conf` sets it up, on free ports of this machine, before an application of the test's."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy/nginx.conf"
HOST = "shop.example.com"
NGINX, OPENSSL = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"), shutil.which("openssl")
PATIENCE = 60.0  # seconds; no verdict depends on how busy a machine is


@dataclass
class Proxy:
    """It, and clients that ask it from whatever address of this machine."""

    folder: Path
    tls: int
    plain: int
    opened: ExitStack = field(default_factory=ExitStack)

    def connect(self, source: str = "127.0.0.1", name: str = HOST) -> socket.socket:
        """A connection of our own with TLS; the certificate is checked."""
        trusted = ssl.create_default_context(cafile=self.folder / "cert.pem")
        plain = socket.create_connection(("127.0.0.1", self.tls), timeout=PATIENCE, source_address=(source, 0))
        with ExitStack() as unless_it_succeeds:
            unless_it_succeeds.enter_context(plain)
            connected = self.opened.enter_context(trusted.wrap_socket(plain, server_hostname=name))
            unless_it_succeeds.pop_all()
        return connected

    def open(self, source: str = "127.0.0.1") -> http.client.HTTPConnection:
        """The same, speaking HTTP."""
        connection = http.client.HTTPConnection(HOST, timeout=PATIENCE)
        connection.sock = self.connect(source)
        return connection

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterator[bytes] | None = None,
        source: str = "127.0.0.1",
    ) -> http.client.HTTPResponse:
        """Ask on a connection of its own; the body of the answer is not read yet."""
        connection = self.open(source)
        connection.request(method, path, body, dict(headers or {}), encode_chunked=not isinstance(body, bytes | None))
        return connection.getresponse()

    def log(self, name: str) -> str:
        return (self.folder / name).read_text()


@contextmanager
def running(upstream: str, folder: Path, **changed: str) -> Iterator[Proxy]:
    """nginx before `upstream` (an address); `changed` replaces values, named as directives are, for this test."""
    assert NGINX is not None
    assert OPENSSL is not None
    _certify(OPENSSL, folder)
    for _attempt in range(20):  # somebody else may take a port that was free
        plain, tls = _free_ports()
        (folder / "nginx.conf").write_text(_here(folder, plain, tls, urlsplit(upstream).netloc, changed))
        (folder / "nginx.pid").unlink(missing_ok=True)
        command = [NGINX, "-c", folder / "nginx.conf", "-g", "daemon off; master_process off;"]
        # what it says before it has read where its log is does not count
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            if _listens(process, folder / "nginx.pid"):
                with ExitStack() as clients:
                    yield Proxy(folder, tls, plain, clients)
                return
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)
    raise AssertionError("nginx does not start")


def _free_ports() -> list[int]:
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _way in ("plain", "tls")]
        return [one.getsockname()[1] for one in sockets]


def _listens(process: subprocess.Popen[bytes], pid: Path) -> bool:
    """Wait until it has written its number, which it does once it listens; False where it ended instead."""
    while not (pid.exists() and pid.read_text().strip()):
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    return True


def _certify(openssl: str, folder: Path) -> None:
    """A key and a certificate for the shop's name, which nobody but these tests trusts."""
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([openssl, "req", *kind, *name, *files], check=True, capture_output=True)


def _here(folder: Path, plain: int, tls: int, upstream: str, changed: Mapping[str, str]) -> str:
    """The file with places and ports of this test. Whatever is replaced has to be there."""
    places = {
        "user www-data;": "",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/log/nginx/": f"{folder}/",
        "/etc/ssl/shop/fullchain.pem": f"{folder}/cert.pem",
        "/etc/ssl/shop/privkey.pem": f"{folder}/key.pem",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "listen 443": f"listen 127.0.0.1:{tls}",
        "127.0.0.1:8000": upstream,
        "server_tokens off;": "server_tokens off;"
        + "".join(
            f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    }
    text = CONFIGURATION.read_text()
    for old, new in {**places, **changed}.items():
        assert old in text, f"{old} is not in {CONFIGURATION.name}"
        text = text.replace(old, new)
    return text
