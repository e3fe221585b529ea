"""A member of a group over kafka-python, as group_confluent.py."""
import select
import sys

import kafka

address, topic, group, *more = sys.argv[1:]
settings = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 500, "metadata_max_age_ms": 2000}
settings.update(word.split("=", 1) for word in more)
consumer = kafka.KafkaConsumer(topic, bootstrap_servers=address, group_id=group, auto_offset_reset="earliest",
                               enable_auto_commit=False, max_poll_records=20, **settings)
while not select.select([sys.stdin], [], [], 0)[0]:
    for records in consumer.poll(timeout_ms=200).values():
        for one in records:
            print(one.partition, one.offset, one.value.decode(), flush=True)
        try:
            consumer.commit()
        except kafka.errors.KafkaError as error:
            print("a commit was refused:", error, file=sys.stderr, flush=True)
consumer.close()
