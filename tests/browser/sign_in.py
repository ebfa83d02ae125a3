"""Signing in with a real browser: `awsenv login` in the shell of `awsenv demo`, and Chromium on the fake's page.

usage: tests/browser/sign_in.py AWSENV

The demo opens a shell on its own fake AWS; that shell is this program again. Chromium is driven by chromedriver, as the
W3C's WebDriver says: plain HTTP.
"""

import contextlib
import http.server
import json
import os
import pty
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

# Only a test that fails waits so long.
PATIENCE = 60
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIGNED_IN = "awsenv has what it needs. Close this page and go back to the terminal."
NOBODY = "Nobody was signed in. Close this page and go back to the terminal."
WRONG = "This is not what awsenv waits for."


def check(is_right, what):
    if not is_right:
        raise SystemExit(f"wrong: {what}")


def wait(what, ask):
    """Asks again and again until the answer is true."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := ask()):
        check(time.monotonic() < deadline, f"{what} never came")
        time.sleep(0.05)
    return answer


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


class WebDriverError(Exception):
    """What chromedriver says that went wrong."""


class Chromium:
    """A browser with an empty profile."""

    def __init__(self, folder):
        (folder / "chromium").mkdir()
        self.log = folder / "chromedriver.log"
        with self.log.open("w") as log:
            # A port of its own choice, which it prints.
            self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=log)
        port = wait("chromedriver", self.port)
        self.url = f"http://127.0.0.1:{port}/session"
        arguments = [*FLAGS, f"--user-data-dir={folder / 'chromium'}"]
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        session = self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self.url += f"/{session['sessionId']}"

    def port(self):
        check(self.driver.poll() is None, "chromedriver did not start")
        text = self.log.read_text()
        return text.rsplit("successfully on port ", 1)[1].split(".")[0] if "successfully on port" in text else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(WebDriverError, OSError):
            self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()

    def call(self, method, command, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{command}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise WebDriverError(json.load(error)["value"]["message"]) from None

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def address(self):
        return self.call("GET", "/url")

    def click(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"/element/{next(iter(found.values()))}/click", {})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def text(self):
        return self.run("return document.body.innerText").strip()

    def complaints(self):
        """What the console says since it was asked last: what a policy kept out would be there."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]


class ForeignPage:
    """A page of somebody else's, at another port, that tries to answer in the user's place."""

    def __init__(self, callback):
        wrong = f"{callback}?code=evil&state=wrong"
        page = f"""<!doctype html><title>trying</title><img src="{wrong}"><iframe src="{wrong}"></iframe>
<script>
const ways = [{{}}, {{mode: "no-cors"}}, {{method: "POST", body: "x"}}];
const type = answer => answer.value ? answer.value.type : "refused";
Promise.allSettled(ways.map(way => fetch("{wrong}", way))).then(all => {{ document.title = all.map(type).join() }});
</script>""".encode()

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.url = f"http://localhost:{self.server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Login:
    """`awsenv login`, whose $BROWSER hands the page to the Chromium that runs."""

    def __init__(self, folder):
        self.opened = folder / "opened"
        self.opened.unlink(missing_ok=True)
        script = folder / "browser"
        new = f"{self.opened}.new"
        script.write_text(f"#!/bin/sh\nprintf %s \"$1\" > '{new}'\nmv '{new}' '{self.opened}'\n")
        script.chmod(0o700)
        environment = {**os.environ, "BROWSER": str(script)}
        self.process = subprocess.Popen(
            ["awsenv", "login"], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        wait("the browser", self.opened.exists)
        self.page = self.opened.read_text()
        self.callback = query(self.page)["redirect_uri"]

    def ends(self, code):
        _, said = self.process.communicate(timeout=PATIENCE)
        check(self.process.returncode == code, f"login ended with {self.process.returncode}: {said}")
        return said


def token_file():
    return [file for file in Path.home().glob(".aws/sso/cache/*.json") if "accessToken" in file.read_text()]


def came_back(chromium, login, says):
    """The last page: what it says, and that nothing of the sign-in is in it. Gives the address that it came by."""
    callback = login.callback
    root = callback.removesuffix("/oauth/callback") + "/"
    wait("the closing page", lambda: chromium.address() == root)
    check(chromium.text() == says, f"the page says {chromium.text()!r}")
    came_by = chromium.run("return performance.getEntriesByType('navigation')[0].name")
    check(came_by.startswith(f"{callback}?"), f"it came by {came_by}")
    brought = query(came_by)
    shown = chromium.run("return document.documentElement.outerHTML + document.URL + document.cookie + document.title")
    for name in brought.keys() & {"code", "state"}:
        check(brought[name] not in shown, f"the page holds the {name}")
    check(chromium.run("return document.querySelectorAll('*').length") <= 7, "the page holds more than a sentence")
    complaints = [text for text in chromium.complaints() if root in text]
    check(not complaints, f"the page wants what its policy forbids: {complaints}")
    return came_by


def refused(chromium, address):
    try:
        chromium.open(address)
    except WebDriverError as error:
        return "ERR_CONNECTION_REFUSED" in str(error)
    return False


def in_the_shell_of_the_demo():
    folder = Path(os.environ["HOME"])
    with Chromium(folder) as chromium:
        # Somebody else's page asks first, and gets nothing, not even to know that somebody waits.
        login = Login(folder)
        callback = login.callback
        with ForeignPage(callback) as foreign:
            chromium.open(foreign.url)
            wait("the foreign page's end", lambda: chromium.run("return document.title") != "trying")
            seen = chromium.run("return document.title")
            check(seen == "refused,opaque,refused", f"the foreign page saw {seen}")
            check(chromium.run("return document.querySelector('img').naturalWidth") == 0, "it saw a picture")
            check(chromium.complaints(), "nothing of it was refused")
            # Nor by sending the user there.
            chromium.open(f"{callback}?code=evil&state=wrong")
            check(chromium.text() == WRONG, f"a wrong state is answered {chromium.text()!r}")
        check(login.process.poll() is None and not token_file(), "a foreign page ended the sign-in")
        print("a foreign page's requests are refused, and the sign-in still waits")

        # The user agrees.
        chromium.complaints()
        chromium.open(login.page)
        check(chromium.run("return document.title") == "Sign in to the fake AWS", "the fake's page is there")
        chromium.click("#allow")
        came_by = came_back(chromium, login, SIGNED_IN)
        said = login.ends(0)
        check("signed in to sso-session `acme`" in said, said)
        for secret in [query(came_by)["code"], json.loads(token_file()[0].read_text())["accessToken"]]:
            check(secret not in said, "what login says holds a secret")
        print("the button signs in, and the last page holds nothing of it")

        # Back is the question again; forward and the address by hand find no port.
        chromium.call("POST", "/back", {})
        wait("the page before", lambda: chromium.address() == login.page)
        check("code=" not in chromium.address().replace("response_type=code&", ""), "the page before has a code")
        check(refused(chromium, came_by), "the port is open after the sign-in")
        print("a second visit finds no port")

        # What one signed in for.
        script = 'eval "$(awsenv use developer --shell bash)" && echo "$AWSENV_ACCOUNT_ID"'
        used = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        check(used.stdout == "444455556666\n", f"use gave {used.stdout}{used.stderr}")
        print("awsenv use works with it")

        # Another time the user says no.
        subprocess.run(["awsenv", "logout", "acme"], check=True, stderr=subprocess.DEVNULL)
        login = Login(folder)
        chromium.complaints()
        chromium.open(login.page)
        chromium.click("#deny")
        came_back(chromium, login, NOBODY)
        check("was not allowed in the browser" in login.ends(5) and not token_file(), "a no signs in")
        print("a no signs nobody in")


def main():
    if os.environ.get("SIGN_IN_RESULT"):
        in_the_shell_of_the_demo()
        Path(os.environ["SIGN_IN_RESULT"]).touch()
        return
    with tempfile.TemporaryDirectory() as folder:
        shell, result = Path(folder, "shell"), Path(folder, "result")
        shell.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{Path(__file__).resolve()}'\n")
        shell.chmod(0o700)
        os.environ.update(SHELL=str(shell), SIGN_IN_RESULT=str(result))
        # The demo opens a shell on terminals alone.
        pty.spawn([sys.argv[1], "demo"])
        check(result.exists(), "the sign-in did not come to its end")


main()
