"""confluent-kafka (librdkafka), of any version: produce CODEC, consume COUNT or admin, as with_kafka_python.py."""
import sys

import confluent_kafka
import records
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

failures = []


def delivered(error, _):
    if error:
        failures.append(str(error))


def produce(address, topic, codec):
    producer = confluent_kafka.Producer({"bootstrap.servers": address, "compression.codec": codec, "linger.ms": 20,
                                         "batch.num.messages": 50, "message.timeout.ms": 60000, "enable.idempotence": True})
    for key, value, headers, timestamp in records.given():
        producer.produce(topic, value, key, partition=0, on_delivery=delivered, timestamp=timestamp, headers=headers)
        producer.poll(0)
    assert producer.flush(60) == 0, "not all were delivered"
    assert not failures, failures[:3]


def consume(address, topic, count):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": address, "group.id": "unused", "enable.auto.commit": False,
                                         "check.crcs": True})
    partition = confluent_kafka.TopicPartition(topic, 0, 0)
    consumer.assign([partition])
    seen = 0
    while seen < int(count):
        for one in consumer.consume(100, 1.0):
            assert not one.error(), one.error()
            records.show(one.offset(), one.key(), one.value(), one.headers() or [], one.timestamp()[1])
            seen += 1
    assert consumer.get_watermark_offsets(partition, timeout=10) == (0, seen)
    consumer.close()


def admin(address, topic, _):
    client = AdminClient({"bootstrap.servers": address})
    wait = {"request_timeout": 20}
    client.create_topics([NewTopic(topic, 2, 1)], **wait)[topic].result()
    client.create_partitions([NewPartitions(topic, 3)], **wait)[topic].result()
    assert len(client.list_topics(topic, timeout=10).topics[topic].partitions) == 3
    try:
        client.create_topics([NewTopic(topic, 2, 1)], **wait)[topic].result()
        raise AssertionError("the same topic twice")
    except confluent_kafka.KafkaException as error:
        assert error.args[0].code() == confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS, error
    client.delete_topics([topic], **wait)[topic].result()
    assert topic not in client.list_topics(timeout=10).topics


print(f"confluent-kafka {confluent_kafka.version()[0]}, librdkafka {confluent_kafka.libversion()[0]}", file=sys.stderr)
{"produce": produce, "consume": consume, "admin": admin}[sys.argv[1]](*sys.argv[2:])
