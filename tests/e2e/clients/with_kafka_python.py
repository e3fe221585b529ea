"""kafka-python: produce CODEC (records on stdin) or consume COUNT (records on stdout) of partition 0, by assignment."""
import sys

import kafka
import records


def produce(address, topic, codec):
    producer = kafka.KafkaProducer(bootstrap_servers=address, acks="all", linger_ms=20, batch_size=4096,
                                   compression_type=None if codec == "none" else codec)
    sent = [producer.send(topic, value=value, key=key, headers=headers, partition=0, timestamp_ms=timestamp)
            for key, value, headers, timestamp in records.given()]
    producer.flush(timeout=60)
    for one in sent:
        one.get(timeout=60)
    producer.close()


def consume(address, topic, count):
    consumer = kafka.KafkaConsumer(bootstrap_servers=address, group_id=None, enable_auto_commit=False, max_poll_records=57)
    partition = kafka.TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    seen = 0
    while seen < int(count):
        for one in consumer.poll(timeout_ms=1000).get(partition, []):
            records.show(one.offset, one.key, one.value, one.headers, one.timestamp)
            seen += 1
    assert consumer.end_offsets([partition])[partition] == seen
    consumer.close()


def admin(address, topic, _):
    """What its admin client can ask of one node."""
    from kafka.admin import KafkaAdminClient, NewPartitions, NewTopic
    client = KafkaAdminClient(bootstrap_servers=address)
    client.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    assert topic in client.list_topics()
    client.create_partitions({topic: NewPartitions(3)})
    described = client.describe_topics([topic])[0]
    assert len(described["partitions"]) == 3, described
    assert client.describe_cluster()["brokers"], "no broker"
    client.delete_topics([topic])
    assert topic not in client.list_topics()
    client.close()


{"produce": produce, "consume": consume, "admin": admin}[sys.argv[1]](*sys.argv[2:])
