"""A member of a group over aiokafka, as group_confluent.py."""
import asyncio
import select
import sys

import aiokafka


async def main(address, topic, group):
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=address, group_id=group, auto_offset_reset="earliest",
                                         enable_auto_commit=False, session_timeout_ms=6000, heartbeat_interval_ms=500,
                                         metadata_max_age_ms=2000)
    await consumer.start()
    while not select.select([sys.stdin], [], [], 0)[0]:
        found = await consumer.getmany(timeout_ms=200, max_records=20)
        for records in found.values():
            for one in records:
                print(one.partition, one.offset, one.value.decode(), flush=True)
        try:
            if found:
                await consumer.commit()
        except aiokafka.errors.KafkaError as error:
            print("a commit was refused:", error, file=sys.stderr, flush=True)
    await consumer.stop()


asyncio.run(main(*sys.argv[1:4]))
