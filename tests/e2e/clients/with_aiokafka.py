"""aiokafka: produce CODEC or consume COUNT of partition 0, by assignment and without a group."""
import asyncio
import sys

import aiokafka
import records


async def produce(address, topic, codec):
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=address, acks="all", linger_ms=20, max_batch_size=4096,
                                         enable_idempotence=True, compression_type=None if codec == "none" else codec)
    await producer.start()
    sent = [await producer.send(topic, value=value, key=key, headers=headers, partition=0, timestamp_ms=timestamp)
            for key, value, headers, timestamp in records.given()]
    await producer.flush()
    await asyncio.gather(*sent)
    await producer.stop()


async def consume(address, topic, count):
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=address, group_id=None, enable_auto_commit=False)
    await consumer.start()
    partition = aiokafka.TopicPartition(topic, 0)
    consumer.assign([partition])
    await consumer.seek_to_beginning(partition)
    for _ in range(int(count)):
        one = await asyncio.wait_for(consumer.getone(partition), 30)
        records.show(one.offset, one.key, one.value, one.headers, one.timestamp)
    assert (await consumer.end_offsets([partition]))[partition] == int(count)
    await consumer.stop()


asyncio.run({"produce": produce, "consume": consume}[sys.argv[1]](*sys.argv[2:]))
