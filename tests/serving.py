"""The page's server in a thread of its own, and how it is asked."""

from __future__ import annotations

import http.client
import json
import threading
import time

from experiments.page.server import application, listen, scenarios_of_library, server_of

FIRST = {"scenario": "junmen_2012"}


def wait_until(happened, at_most_s=20.0):
    until = time.monotonic() + at_most_s
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


class Served:
    """A server in a thread of its own, and how it is asked."""

    def __init__(self, longest_s=60.0, port=8900, scenarios=None):
        self.listening = listen(port)
        self.port = self.listening.getsockname()[1]
        self.server = server_of(application(scenarios_of_library() | (scenarios or {}), FIRST, self.port, longest_s))
        self.thread = threading.Thread(target=self.server.run, args=([self.listening],))
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def end(self):
        self.server.should_exit = True
        self.thread.join()
        self.listening.close()

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        with_type = {"content-type": "application/json"} if body is not None else {}
        connection.request(method, path, body, with_type | given)
        answer = connection.getresponse()
        read = answer.read()
        connection.close()
        return answer.status, read, answer.headers

    def history(self, **content):
        return self.ask("POST", "/api/history", json.dumps(content))
