"""Apache Kafka as a server of its own, for the time of a check; its tools are harness.kafka_tool()."""
import pathlib
import socket
import tempfile

import harness

START_DEADLINE_S = 180
SETTINGS = {"group.initial.rebalance.delay.ms": "100"}  # a member that is alone need not wait long for others


class Kafka:
    """One broker on ports and a directory of its own. stop() and start() keep its data."""

    def __init__(self):
        harness.need_kafka()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="cambium-oracle-"))
        self.port = self._free_ports()
        self.address = f"127.0.0.1:{self.port}"
        self.logs = self.home / "1/data"

    @staticmethod
    def _free_ports():
        """The broker listens on one port, its controller on the port 101 above."""
        for _ in range(100):
            port = harness.free_port()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port + 101)):
                    return port
        raise harness.NotRun("no two free ports")

    def start(self):
        settings = [f"{name}={value}" for name, value in SETTINGS.items()]
        harness.run([harness.PEER_KAFKA, "start", self.home, f"port={self.port}", "heap=400m", *settings], timeout=START_DEADLINE_S)

    def stop(self):
        harness.run([harness.PEER_KAFKA, "stop", self.home], timeout=60)

    def create_topic(self, name, partitions=1, *configs):
        words = [word for config in configs for word in ("--config", config)]
        harness.kafka_tool("topics", "--bootstrap-server", self.address, "--create", "--topic", name, "--partitions",
                           partitions, "--replication-factor", "1", *words)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        harness.run([harness.PEER_KAFKA, "wipe", self.home], timeout=60, ok=False)
