"""Real servers for measuring and for killing: gunicorn on 127.0.0.1, the same settings for all."""

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask

from lsos.app import create_app
from lsos.cli.serving import keep
from tests.databases import SECRET

#: A machine that does much else is not to be taken for a server that is broken.
START_SECONDS = 120


def served() -> Flask:
    """Make the application as `lsos serve` has it when pages are asked for."""
    app = create_app()
    keep()
    return app


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A gunicorn that serves one application; it can be stopped, killed and started again."""

    def __init__(
        self,
        application: str,
        environment: Mapping[str, str] | None = None,
        *,
        threads: int = 8,
        workers: int = 1,
        is_preloaded: bool = False,
    ) -> None:
        self.port = free_port()
        self.application = application
        self.environment = os.environ | {"LSOS_SECRET_KEY": SECRET, "LSOS_RATE_LIMITS": "0"} | dict(environment or {})
        self.environment["LSOS_BASE_URL"] = f"http://127.0.0.1:{self.port}"
        self.threads = threads
        self.workers = workers
        #: The application is made once, and its processes are forks of it, which are there at once.
        self.is_preloaded = is_preloaded
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", str(self.workers),
            "--threads", str(self.threads), "--log-level", "error", "--no-control-socket", self.application,
            *(["--preload"] if self.is_preloaded else []),
        ]  # fmt: skip
        self.process = subprocess.Popen(command, env=self.environment, start_new_session=True)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{self.application} did not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, with all its children."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        self.process.wait(timeout=30)
        self.process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.stop(signal.SIGKILL)

    def kill_worker(self, chance: random.Random) -> None:
        """End one of the processes that serve, in the midst of whatever it does; the server starts another."""
        if self.process is None:
            return
        pid = self.process.pid
        serving_now = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        if serving_now:
            with suppress(ProcessLookupError):
                os.kill(int(chance.choice(serving_now)), signal.SIGKILL)


@contextmanager
def serving(application: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve an application for as long as the block lasts."""
    server = Server(application, environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Client:
    """A browser for one person: keeps its cookies, its connection and the token of the last form."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.cookies: SimpleCookie = SimpleCookie()
        self.body = ""
        self.location = ""
        self._token = ""

    def request(self, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str) -> int:
        """Send one request and read the whole answer; gives the status."""
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers.setdefault("Referer", f"http://127.0.0.1:{self.connection.port}{path}")
        try:
            self.connection.request(method, path, body=body, headers=headers)
            answer = self.connection.getresponse()
        except ConnectionError:
            #: A server ends a connection on which nothing was asked for a while; looking twice changes nothing.
            if method != "GET":
                raise
            self.connection.close()
            self.connection.request(method, path, body=body, headers=headers)
            answer = self.connection.getresponse()
        self.body = answer.read().decode(errors="replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies.load(line)
        self.location = urlsplit(answer.headers.get("Location", "")).path
        return answer.status

    def get(self, path: str) -> int:
        """Open a page."""
        return self.request("GET", path)

    def post(self, path: str, **form: str) -> int:
        """Send a form, with the token of the page opened last."""
        return self.request("POST", path, form | {"csrf_token": self.token})

    @property
    def token(self) -> str:
        """Give the token of the form on the page opened last."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.body)
        if found:
            self._token = found[1]
        return self._token

    def sign_in(self, email: str, password: str) -> None:
        """Sign in with a password, as a person does."""
        self.get("/en/sign-in")
        status = self.post("/en/sign-in", email=email, password=password)
        assert status == 302, f"signing in as {email} gave {status}"
