# SPDX-License-Identifier: Apache-2.0
"""usage: screens.py FOLDER PAGE.html...

Photographs pages with Chromium (over its DevTools pipe) for screens.sh, which says what fails. Python's own library alone.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

WIDTHS = {"laptop": (1366, 900), "phone": (390, 844)}


class Browser:
    def __init__(self, profile):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()

        def keep():  # the browser reads commands from descriptor 3 and answers on 4
            first, second = os.dup(to_read), os.dup(to_write)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=keep, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.number, self.pending, self.events = 0, b"", []

    def receive(self):
        while b"\0" not in self.pending:
            more = os.read(self.back, 1 << 16)
            if not more:
                sys.exit("screens.py: the browser has gone")
            self.pending += more
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **arguments):
        self.number += 1
        command = {"id": self.number, "method": method, "params": arguments}
        if session:
            command["sessionId"] = session
        os.write(self.to, json.dumps(command).encode() + b"\0")
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"screens.py: {method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())


def photograph(browser, page, folder):
    """All pictures of one page; what is wrong with it, as a list of lines."""
    wrong = []
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Log", "Runtime", "Network"):
        browser.call(domain + ".enable", session)
    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
        for name, (width, height) in WIDTHS.items():
            browser.call("Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=1,
                         mobile=False)
            browser.events.clear()
            browser.call("Page.navigate", session, url=page.resolve().as_uri())
            browser.wait("Page.loadEventFired")
            measured = browser.call("Runtime.evaluate", session, returnByValue=True,
                                    expression="document.documentElement.scrollWidth")["result"]["value"]
            if measured > width:
                wrong.append(f"{page.name}: {measured} pixels wide in a window of {width}")
            for event in browser.events:
                what, of = event.get("method"), event.get("params", {})
                if what == "Log.entryAdded":
                    wrong.append(f"{page.name}: console: {of['entry']['text']}")
                if what == "Runtime.exceptionThrown":
                    wrong.append(f"{page.name}: console: {of['exceptionDetails']['text']}")
                if what == "Network.requestWillBeSent" and not of["request"]["url"].startswith(("file:", "data:")):
                    wrong.append(f"{page.name}: asks for {of['request']['url']}")
            shot = browser.call("Page.captureScreenshot", session, captureBeyondViewport=True, clip={
                "x": 0, "y": 0, "width": width, "scale": 1,
                "height": min(8000, browser.call("Runtime.evaluate", session, returnByValue=True,
                                                 expression="document.documentElement.scrollHeight")["result"]["value"])})
            (folder / f"{page.stem}-{name}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
    printed = browser.call("Page.printToPDF", session, paperWidth=8.27, paperHeight=11.69)
    (folder / f"{page.stem}.pdf").write_bytes(base64.b64decode(printed["data"]))
    browser.call("Target.closeTarget", targetId=target)
    return wrong


def main():
    folder = pathlib.Path(sys.argv[1])
    wrong = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        for page in sys.argv[2:]:
            wrong += photograph(browser, pathlib.Path(page), folder)
        browser.call("Browser.close")
        browser.process.wait()
    for line in dict.fromkeys(wrong):
        print(f"screens.py: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
