"""Clients that are not Debian's: installed by name into build/clients, once; a test says `not run` when that fails."""
import functools
import os
import shutil

import harness

HOME = harness.ROOT / "build/clients"
SCRIPTS = harness.ROOT / "tests/e2e/clients"
INSTALL_TIMEOUT_S = 300
# What each client needs for its codecs comes with it.
PYTHON_PACKAGES = {
    "kafka-python": ["kafka-python", "python-snappy", "lz4", "zstandard"],
    "confluent-kafka": ["confluent-kafka"],
    "aiokafka": ["aiokafka", "cramjam"],
}
NODE_PACKAGES = ["kafkajs", "kafkajs-snappy"]


def attempt(why, command, **options):
    """The commands that install answer within a time or not at all."""
    try:
        harness.run(command, timeout=INSTALL_TIMEOUT_S, **options)
    except (AssertionError, OSError) as error:
        raise harness.NotRun(f"{why}: {harness.one_line(error)[-200:]}") from None


@functools.cache
def python_with(client):
    """The interpreter of a virtualenv that has the newest `client`."""
    home = HOME / client
    python = home / "bin/python"
    if not (home / ".installed").exists():
        shutil.rmtree(home, ignore_errors=True)
        attempt("no virtualenv", ["/usr/bin/python3", "-m", "venv", home])
        attempt(f"{client} cannot be installed", [python, "-m", "pip", "install", "-q", *PYTHON_PACKAGES[client]])
        (home / ".installed").touch()
    return str(python)


@functools.cache
def node_modules():
    """The directory for NODE_PATH that has KafkaJS."""
    home = HOME / "kafkajs"
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise harness.NotRun(f"{program} is not installed")
    if not (home / ".installed").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        attempt("kafkajs cannot be installed", ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts",
                                               "--prefix", home, *NODE_PACKAGES])
        (home / ".installed").touch()
    return str(home / "node_modules")


class Client:
    """A client with a script of its own in tests/e2e/clients."""

    def __init__(self, script, interpreter, environment=dict):
        self.script, self.interpreter, self.environment = SCRIPTS / script, interpreter, environment

    def run(self, action, server, topic, option="", stdin=b""):
        command = [self.interpreter(), self.script, action, server.address, topic, option]
        return harness.run(command, stdin=stdin, timeout=120, env={**os.environ, **self.environment()})


KAFKA_PYTHON = Client("with_kafka_python.py", lambda: python_with("kafka-python"))
CONFLUENT = Client("with_confluent.py", lambda: python_with("confluent-kafka"))
AIOKAFKA = Client("with_aiokafka.py", lambda: python_with("aiokafka"))
KAFKAJS = Client("with_kafkajs.js", lambda: shutil.which("node") or "node", lambda: {"NODE_PATH": node_modules()})


def _debian_python():
    harness.librdkafka()
    return "/usr/bin/python3"


DEBIAN_CONFLUENT = Client("with_confluent.py", _debian_python)
