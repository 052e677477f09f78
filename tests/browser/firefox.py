"""Firefox as a second engine, spoken to by Marionette, the protocol it has built in; nothing is installed for it."""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

#: Nothing is fetched behind a test's back, and without network means also without this machine's own server.
PREFERENCES: dict[str, object] = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.disable-localhost-when-offline": True,
    "network.manage-offline-status": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class FirefoxError(Exception):
    """What Firefox could not do."""


class Firefox:
    """A Firefox with an empty profile; ends with its block."""

    def __init__(self, folder: Path):
        binary = shutil.which("firefox-esr") or shutil.which("firefox")
        assert binary, "Firefox is missing: apt-get install --no-install-recommends firefox-esr"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        folder.mkdir(parents=True)
        wanted = PREFERENCES | {"marionette.port": port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items()]
        (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
        self.number, self.rest = 0, b""
        self.process = subprocess.Popen(
            [binary, "--marionette", "--headless", "--no-remote", "--remote-allow-system-access", "--profile", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.socket = self._connected(port)

    def _connected(self, port: int) -> socket.socket:
        for _ in range(600):
            try:
                connected = socket.create_connection(("127.0.0.1", port), timeout=60)
            except OSError:
                time.sleep(0.1)
            else:
                self.socket = connected
                self._read()
                return connected
        raise AssertionError("Firefox does not start")

    def __enter__(self) -> Self:
        self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        self.ask("WebDriver:SetTimeouts", script=30_000, pageLoad=60_000)
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)

    def _read(self) -> Any:
        """Read one message: its length, a colon, and as many bytes."""
        while b":" not in self.rest:
            self.rest += self._more()
        length, _, self.rest = self.rest.partition(b":")
        while len(self.rest) < int(length):
            self.rest += self._more()
        message, self.rest = self.rest[: int(length)], self.rest[int(length) :]
        return json.loads(message)

    def _more(self) -> bytes:
        found = self.socket.recv(65_536)
        if not found:
            raise FirefoxError("it hung up")
        return found

    def ask(self, command: str, **values: object) -> Any:
        """Give a command, and its answer."""
        self.number += 1
        message = json.dumps([0, self.number, command, values]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self._read()
        if error:
            raise FirefoxError(f"{command}: {error['message']}")
        return result.get("value") if isinstance(result, dict) and "value" in result else result

    def go(self, url: str) -> None:
        """Open an address."""
        self.ask("WebDriver:Navigate", url=url)

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page; what it returns may be awaited."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=list(arguments), newSandbox=True)

    def text(self, selector: str) -> str:
        """Read what stands somewhere on the page."""
        found: str = self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)
        return found.strip()

    def wait(self, selector: str, *words: str) -> str:
        """Wait until all of some words stand somewhere on the page."""
        deadline = time.monotonic() + 45
        while time.monotonic() < deadline:
            found = self.text(selector)
            if all(word in found for word in words):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{selector} says {self.text(selector)!r}, and not {words}")

    def type(self, selector: str, text: str) -> None:
        """Type into a field, key by key."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)
        [element] = found.values()
        self.ask("WebDriver:ElementSendKeys", id=element, text=text)

    def click(self, selector: str) -> None:
        """Press a key of the page."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)
        [element] = found.values()
        self.ask("WebDriver:ElementClick", id=element)

    def offline(self, on: bool) -> None:
        """Take the network away, as Firefox's own menu does, or give it back."""
        self.ask("Marionette:SetContext", value="chrome")
        self.run("Services.io.offline = arguments[0]", on)
        self.ask("Marionette:SetContext", value="content")
