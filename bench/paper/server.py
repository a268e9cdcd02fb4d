"""The paper's central server for one station: hands out its file, judges results, acknowledges `done`."""
from link import Link, options_given, say
from sealing import load, seal, unseal

options = options_given()
own = load(options["private"])
station = load(options["public"])
with open(options["file"], encoding="utf8") as file:
    text = file.read()
link = Link("suite-0-server", options)
passed = False


def judge(readings):
    """Every limit is about a reading, and that lies within it."""
    for name, (least, most) in options["limits"].items():
        if name not in readings or not least <= readings[name] <= most:
            return False
    return True


def parse(result):
    """The readings: what stands under the last heading."""
    readings = {}
    section = None
    for line in result.splitlines():
        if line.startswith("#"):
            section = line[1:].strip()
        elif section == "Readings":
            name, value = line.split("=")
            readings[name.strip()] = float(value)
    return readings


def requested(sealed):
    if unseal(own, sealed) == "request":
        link.send("file", seal(station, text))


def judged(sealed):
    global passed
    passed = judge(parse(unseal(own, sealed)))
    link.send("verdict", seal(station, "pass" if passed else "fail"))


def done(sealed):
    global passed
    if unseal(own, sealed) == "done" and passed:
        passed = False
        link.send("ack", seal(station, "ack"))


link.receive("request", requested)
link.receive("result", judged)
link.receive("done", done)


def ready():
    # The broker keeps it, so that a station gets it while the server is away.
    if options["retained"]:
        link.client.on_publish = lambda client, data, message: say(event="ready")
        link.send("file", seal(station, text))
    else:
        say(event="ready")


link.run(ready)
