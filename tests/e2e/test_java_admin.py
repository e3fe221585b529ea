"""The tools with which Kafka's administrators look after a cluster, unmodified, against one node of ours."""
import json

import harness
import kcat

TOOLS = "org.apache.kafka.tools."
TEN = [b"line %d" % i for i in range(10)]


def tool(server, name, *words, ok=True, server_option="--bootstrap-server"):
    """A tool by the name of its class; what it said on both streams."""
    done = harness.kafka_tool("class", TOOLS + name, server_option, server.address, *words, ok=ok)
    return (done.stdout + done.stderr).decode(errors="replace")


def json_in(said):
    """The line that is JSON among those that the tool prints."""
    return next(json.loads(line) for line in said.splitlines() if line.startswith("{"))


def with_ten_records(check):
    def run():
        harness.need_kafka()
        with harness.Server() as server:
            server.create_topic("ten")
            kcat.produce(server, "ten", TEN)
            check(server)
    return run


def delete_records(server):
    with harness.temporary_directory() as scratch:
        plan = scratch / "plan.json"
        plan.write_text(json.dumps({"version": 1, "partitions": [{"topic": "ten", "partition": 0, "offset": 4}]}))
        said = tool(server, "DeleteRecordsCommand", "--offset-json-file", plan)
    harness.demand("low_watermark: 4" in said, said)
    harness.equal(kcat.values(server, "ten"), TEN[4:], "what is left")


def get_offsets(server):
    for time, offset in [("latest", 10), ("earliest", 0), ("-1", 10), ("-2", 0)]:
        said = tool(server, "GetOffsetShell", "--topic", "ten", "--time", time)
        harness.demand(f"ten:0:{offset}" in said.split(), time, said)
    said = tool(server, "GetOffsetShell", "--topic", "ten", "--time", "max-timestamp").split()
    harness.demand(any(f"ten:0:{offset}" in said for offset in range(10)), "one of those with the largest timestamp", said)


def log_dirs(server):
    told = json_in(tool(server, "LogDirsCommand", "--describe", "--topic-list", "ten"))
    (directory,) = told["brokers"][0]["logDirs"]
    harness.equal(directory["logDir"], str(server.data), "directory")
    size = sum(path.stat().st_size for path in server.segments("ten"))
    harness.equal(directory["partitions"], [{"partition": "ten-0", "size": size, "offsetLag": 0, "isFuture": False}], "partitions")


def cluster(server):
    said = harness.kafka_tool("class", TOOLS + "ClusterTool", "cluster-id", "--bootstrap-server", server.address).stdout.decode()
    harness.demand("Cluster ID: " in said and len(said.split("Cluster ID: ")[1].split()[0]) == 22, said)
    said = harness.kafka_tool("class", TOOLS + "ClusterTool", "list-endpoints", "--bootstrap-server", server.address).stdout.decode()
    harness.demand(str(server.port) in said, said)


def features(server):
    said = harness.kafka_tool("class", TOOLS + "FeatureCommand", "--bootstrap-server", server.address, "describe").stdout.decode()
    harness.demand("Exception" not in said, said)
    refused = harness.kafka_tool("class", TOOLS + "FeatureCommand", "--bootstrap-server", server.address, "upgrade", "--feature",
                                 "no.such.feature=1", ok=False)
    harness.demand(refused.returncode != 0, refused.stdout)


def broker_api_versions(server):
    said = tool(server, "BrokerApiVersionsCommand")
    harness.demand("Produce(0): 0 to 13" in said and "ApiVersions(18): 0 to 4" in said, said[:600])
    harness.demand("UNKNOWN" not in said, "an API that Kafka does not know", said)


def leader_election(server):
    said = tool(server, "LeaderElectionCommand", "--election-type", "preferred", "--topic", "ten", "--partition", "0")
    harness.demand("Valid replica already elected for partitions ten-0" in said, said)
    said = tool(server, "LeaderElectionCommand", "--election-type", "preferred", "--topic", "nowhere", "--partition", "0", ok=False)
    harness.demand("UnknownTopicOrPartition" in said, said)


def metadata_quorum(server):
    said = harness.kafka_tool("class", TOOLS + "MetadataQuorumCommand", "--bootstrap-server", server.address, "describe",
                              "--status").stdout.decode()
    harness.demand("LeaderId:" in said and "ClusterId:" in said, said)


def topics_are_altered_and_described(server):
    def topics(*words, ok=True):
        return harness.kafka_tool("topics", "--bootstrap-server", server.address, *words, ok=ok)
    topics("--alter", "--topic", "ten", "--partitions", "4")
    told = topics("--describe", "--topic", "ten").stdout.decode()
    harness.demand("PartitionCount: 4" in told, told)
    harness.demand(topics("--alter", "--topic", "ten", "--partitions", "2", ok=False).returncode != 0, "fewer partitions")
    topics("--create", "--topic", "placed", "--replica-assignment", "1,1", "--config", "retention.ms=3600000")
    told = topics("--describe", "--topic", "placed").stdout.decode()
    harness.demand("PartitionCount: 2" in told and "retention.ms=3600000" in told, told)
    harness.equal(topics("--describe", "--unavailable-partitions").stdout.strip(), b"", "unavailable partitions")


def configs_of_a_topic(server):
    def configs(*words, ok=True):
        return harness.kafka_tool("configs", "--bootstrap-server", server.address, *words, ok=ok).stdout.decode()
    of_topic = ("--entity-type", "topics", "--entity-name", "ten")
    configs("--alter", *of_topic, "--add-config", "retention.ms=7200000,max.message.bytes=2000")
    told = configs("--describe", *of_topic)
    harness.demand("retention.ms=7200000" in told and "max.message.bytes=2000" in told, told)
    configs("--alter", *of_topic, "--delete-config", "retention.ms")
    told = configs("--describe", *of_topic)
    harness.demand("retention.ms" not in told and "max.message.bytes=2000" in told, told)
    every = configs("--describe", "--all", *of_topic)
    harness.demand("retention.ms=604800000" in every and "DEFAULT_CONFIG" in every, every[:600])
    harness.demand("node.id=1" in configs("--describe", "--all", "--entity-type", "brokers", "--entity-name", "1"), "the broker's")


def end_to_end(server):
    """Kafka's own latency tool assigns its partition and reads back each record that it sends, or says which it did not."""
    done = harness.kafka_tool("e2e", "--bootstrap-server", server.address, "--topic", "ten", "--num-records", "200",
                              "--producer-acks", "all", "--record-size", "100", timeout=180)
    harness.demand(b"Avg latency" in done.stdout, done.stdout[-300:], done.stderr[-300:])


def consumer_perf(server):
    """It subscribes with a group of its own and tells how much it read."""
    done = harness.kafka_tool("consumer-perf", "--bootstrap-server", server.address, "--topic", "ten", "--num-records", "10",
                              "--timeout", "60000")
    last = done.stdout.decode().splitlines()[-1].split(", ")
    harness.equal(last[4], "10", "records that were read")


harness.main("java_admin", [
    ("delete_records", with_ten_records(delete_records)),
    ("get_offsets", with_ten_records(get_offsets)),
    ("log_dirs", with_ten_records(log_dirs)),
    ("cluster", with_ten_records(cluster)),
    ("features", with_ten_records(features)),
    ("broker_api_versions", with_ten_records(broker_api_versions)),
    ("leader_election", with_ten_records(leader_election)),
    ("metadata_quorum", with_ten_records(metadata_quorum)),
    ("topics_are_altered_and_described", with_ten_records(topics_are_altered_and_described)),
    ("configs_of_a_topic", with_ten_records(configs_of_a_topic)),
    ("end_to_end", with_ten_records(end_to_end)),
    ("consumer_perf", with_ten_records(consumer_perf)),
])
