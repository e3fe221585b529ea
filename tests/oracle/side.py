"""One of the two servers that are asked the same: its address, and the names under which it keeps things."""
import contextlib
import uuid

import codec
import harness
import link
import schema

ALL_TOPICS = 12  # a version of Metadata that knows ids
SERVING_DEADLINE_S = 30
BARRIER = "barrier"
# Ids that requests name and no topic has.
NOBODY = uuid.UUID("12345678-1234-4234-8234-123456789abc")
MADE_UP = (NOBODY, uuid.UUID(int=1), uuid.UUID("87654321-4321-4321-8321-cba987654321"))


class Side:
    def __init__(self, name, port, data):
        self.name, self.port, self.data = name, port, str(data)
        self.names = {}  # topic id -> name, of every topic that ever was
        self.ids = {}    # the id that each name had last
        self.made_up = MADE_UP
        self.kept = {}   # what earlier answers said, by the names that requests use
        self._link = None

    def ask(self, frame):
        """The answer as bytes, or what happened instead: link.Closed or link.Silent."""
        try:
            return self._exchange(frame)
        except (link.Closed, link.Silent) as nothing:
            self.hang_up()
            return type(nothing)

    def _exchange(self, frame):
        if not self._link:
            self._link = link.Link(self.port)
        self._link.send(frame)
        return self._link.receive()

    def ask_without_answer(self, frame):
        """For what is not answered: whether the connection still lives afterwards."""
        with contextlib.suppress(link.Closed):
            if not self._link:
                self._link = link.Link(self.port)
            self._link.send(frame)
            return isinstance(self.ask(link.request("ApiVersions", 0, {})), bytes)
        self.hang_up()
        return False

    def hang_up(self):
        if self._link:
            self._link.close()
        self._link = None

    def call(self, api, version, body):
        """A request of the test itself, which must be answered."""
        answer = self.ask(link.request(api, version, body))
        harness.demand(isinstance(answer, bytes), f"{self.name} does not answer {api} {version}")
        return codec.Decoder(schema.response(api), version).decode(link.split_answer(api, version, answer)[1])

    def learn_topics(self):
        for topic in self.call("Metadata", ALL_TOPICS, {"Topics": None})["Topics"]:
            self.names[topic["TopicId"]] = topic["Name"]
            self.ids[topic["Name"]] = topic["TopicId"]

    def topic_id(self, name):
        if name not in self.ids:
            self.learn_topics()
        return self.ids[name]

    def settle(self):
        """Until everything decided so far is served."""

    def versions(self):
        keys = self.call("ApiVersions", 0, {})["ApiKeys"]
        return {key["ApiKey"]: (key["MinVersion"], key["MaxVersion"]) for key in keys}


class KafkaSide(Side):
    """Kafka decides first and takes note later, in order. A setting that is known makes everything before it known;
    a second one makes sure that the first was carried out, too."""

    def __init__(self, name, port, data):
        super().__init__(name, port, data)
        self.round = 0

    def settle(self):
        for _ in range(2):
            self.round += 1
            wanted = str(1_000_000 + self.round)
            change = {"Name": "retention.ms", "ConfigOperation": 0, "Value": wanted}
            self.call("IncrementalAlterConfigs", 1, {"Resources": [
                {"ResourceType": 2, "ResourceName": BARRIER, "Configs": [change]}]})
            harness.wait_until(lambda: self._told() == wanted, SERVING_DEADLINE_S, "Kafka takes note of a change")

    def _told(self):
        asked = {"ResourceType": 2, "ResourceName": BARRIER, "ConfigurationKeys": ["retention.ms"]}
        configs = self.call("DescribeConfigs", 4, {"Resources": [asked]})["Results"][0]["Configs"]
        return configs[0]["Value"] if configs else None
