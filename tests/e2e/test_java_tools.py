"""Apache Kafka's own command line tools, as somebody who comes from Kafka would use them."""
import harness
import kcat


def topics(server, *words, ok=True):
    return harness.kafka_tool("topics", "--bootstrap-server", server.address, *words, ok=ok).stdout.decode()


def create_list_describe_delete():
    harness.need_kafka()
    with harness.Server() as server:
        topics(server, "--create", "--topic", "orders", "--partitions", "3", "--replication-factor", "1")
        harness.demand("orders" in topics(server, "--list").split(), "the new topic is listed")
        told = topics(server, "--describe", "--topic", "orders")
        harness.demand("PartitionCount: 3" in told and told.count("Leader: ") == 3, told)
        topics(server, "--delete", "--topic", "orders")
        harness.demand("orders" not in topics(server, "--list").split(), "the deleted topic is gone")


def producer_perf():
    harness.need_kafka()
    with harness.Server() as server:
        server.create_topic("load")
        said = harness.kafka_tool("producer-perf", "--topic", "load", "--num-records", "20000", "--record-size", "200",
                                  "--throughput", "-1", "--producer-props", f"bootstrap.servers={server.address}",
                                  "acks=all").stdout.decode()
        harness.demand("20000 records sent" in said, said[-300:])
        found = kcat.values(server, "load")
        harness.equal((len(found), {len(value) for value in found}), (20000, {200}), "records and their sizes")


def console_round_trip(*properties):
    def check():
        harness.need_kafka()
        lines = [f"key-{i}\tline {i} – mit Umlaut ü".encode() for i in range(500)]
        with harness.Server() as server:
            server.create_topic("lines")
            harness.kafka_tool("console-producer", "--bootstrap-server", server.address, "--topic", "lines",
                               "--reader-property", "parse.key=true", *properties, stdin=b"".join(line + b"\n" for line in lines))
            done = harness.kafka_tool("console-consumer", "--bootstrap-server", server.address, "--topic", "lines",
                                      "--partition", "0", "--from-beginning", "--max-messages", "500",
                                      "--formatter-property", "print.key=true")
            harness.equal(done.stdout.splitlines(), lines, "lines")
    return check


def reads_what_kcat_wrote():
    harness.need_kafka()
    lines = [b"from librdkafka %d" % i for i in range(300)]
    with harness.Server() as server:
        server.create_topic("mixed")
        for codec in kcat.CODECS:
            kcat.produce(server, "mixed", lines, codec=codec)
        done = harness.kafka_tool("console-consumer", "--bootstrap-server", server.address, "--topic", "mixed",
                                  "--partition", "0", "--from-beginning", "--max-messages", "1500")
        harness.equal(done.stdout.splitlines(), lines * 5, "lines")


harness.main("java", [
    ("create_list_describe_delete", create_list_describe_delete),
    ("producer_perf", producer_perf),
    ("console_round_trip", console_round_trip()),
    ("console_round_trip_zstd", console_round_trip("--compression-codec", "zstd")),
    ("reads_what_kcat_wrote", reads_what_kcat_wrote),
])
