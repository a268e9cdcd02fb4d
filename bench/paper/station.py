"""One of the paper's stations, with a fixture that answers at once.

It asks for its file, and then, for each line it is told on standard input, does one thing and says how long it took:

    file        asks the server for the file, until it is open
    retained    subscribes to it, until the file that the broker keeps is open
    attempts N  N attempts, each from the result about to be sealed until its verdict is open
"""
import hashlib
import sys
import threading
import time

from link import Link, options_given, say
from sealing import load, seal, unseal

options = options_given()
own = load(options["private"])
server = load(options["public"])
link = Link("suite-0-station", options)
READINGS = "".join("%s= %s\n" % pair for pair in options["readings"].items())


class Station:
    def __init__(self):
        self.text = None
        self.sets = []
        self.begun = 0.0
        self.waits_for = "nothing"
        self.left = 0
        self.times = []

    def took_ms(self):
        return (time.perf_counter() - self.begun) * 1000

    def command(self, line):
        word, *rest = line.split()
        self.begun = time.perf_counter()
        if word == "file":
            self.waits_for = "file"
            link.send("request", seal(server, "request"))
        elif word == "retained":
            self.waits_for = "file"
            link.subscribe("file")
        elif word == "attempts":
            self.sets = value_sets(self.text)
            self.left = int(rest[0])
            self.times = []
            self.attempt()

    def take_file(self, sealed):
        self.text = unseal(own, sealed)
        if self.waits_for != "file":
            return
        took = self.took_ms()
        self.waits_for = "nothing"
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        say(event="file", ms=took, bytes=len(self.text), digest=digest, peak=peak())

    def attempt(self):
        values = self.sets[len(self.times) % len(self.sets)]
        result = "".join("# %s\n%s\n" % pair for pair in values) + "# Readings\n" + READINGS
        self.begun = time.perf_counter()
        self.waits_for = "verdict"
        link.send("result", seal(server, result))

    def take_verdict(self, sealed):
        verdict = unseal(own, sealed)
        if self.waits_for != "verdict":
            return
        self.times.append(self.took_ms())
        if verdict != "fail":
            raise SystemExit("a failing result got %s" % verdict)
        self.left -= 1
        if self.left > 0:
            self.attempt()
        else:
            self.waits_for = "nothing"
            say(event="attempts", ms=self.times)


def value_sets(text):
    """One value of each section, the last section varying fastest, as the paper's stations try them."""
    sections = []
    for line in text.splitlines():
        if line.startswith("#"):
            sections.append((line[1:].strip(), []))
        elif line.strip():
            sections[-1][1].append(line)
    sets = [[]]
    for name, values in sections:
        sets = [one + [(name, value)] for one in sets for value in values]
    return sets


def peak():
    with open("/proc/self/status", encoding="utf8") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return 0


station = Station()
link.receive("file", station.take_file, subscribed=not options["retained"])
link.receive("verdict", station.take_verdict)


def obey():
    for line in sys.stdin:
        station.command(line)


def ready():
    say(event="ready")
    threading.Thread(target=obey, daemon=True).start()


link.run(ready)
