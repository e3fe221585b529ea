"""A member of a group over confluent-kafka: ADDRESS TOPIC GROUP [SETTING=VALUE...] [pattern=^REGEX]. Prints
"partition offset value" for each record and commits it. Ends with an orderly leave when its stdin closes."""
import select
import sys

import confluent_kafka

address, topic, group, *more = sys.argv[1:]
settings = {"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
            "topic.metadata.refresh.interval.ms": 2000}
settings.update(word.split("=", 1) for word in more)
if settings.get("group.protocol") != "consumer":  # there the server says how often
    settings = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, **settings}
subscription = settings.pop("pattern", topic)  # librdkafka takes what begins with ^ for a regular expression
consumer = confluent_kafka.Consumer(settings)
consumer.subscribe([subscription])
while not select.select([sys.stdin], [], [], 0)[0]:
    one = consumer.poll(0.2)
    if one is None or one.error():
        continue
    print(one.partition(), one.offset(), one.value().decode(), flush=True)
    try:
        consumer.commit(one, asynchronous=False)
    except confluent_kafka.KafkaException as error:
        print("a commit was refused:", error, file=sys.stderr, flush=True)
consumer.close()
