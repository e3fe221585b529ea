// KafkaJS: produce CODEC (records on stdin, a line of JSON each) to partition 0; `admin` makes, grows and deletes a topic.
const fs = require('fs');
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs');

const [action, address, topic, codec] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [address], logLevel: logLevel.ERROR });
const bytes = (text) => (text === null ? null : Buffer.from(text, 'hex'));

// Header values of one name become a list; nulls are no values here.
function headersOf(pairs) {
    const headers = {};
    for (const [name, value] of pairs) headers[name] = name in headers ? [].concat(headers[name], [bytes(value)]) : bytes(value);
    return headers;
}

async function produce() {
    if (codec === 'snappy') CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy');
    const type = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy }[codec];
    const lines = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const messages = lines.map((one) => ({
        key: bytes(one.key), value: bytes(one.value), headers: headersOf(one.headers), timestamp: String(one.timestamp), partition: 0,
    }));
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    for (let i = 0; i < messages.length; i += 40) {
        await producer.send({ topic, acks: -1, compression: type, messages: messages.slice(i, i + 40) });
    }
    await producer.disconnect();
}

async function administer() {
    const admin = kafka.admin();
    await admin.connect();
    const made = await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] });
    const again = await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] });
    if (!made || again) throw new Error(`made ${made}, again ${again}`);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    if (topics[0].partitions.length !== 3) throw new Error(JSON.stringify(topics));
    const offsets = await admin.fetchTopicOffsets(topic);
    if (offsets.length !== 3 || offsets.some((one) => one.high !== '0')) throw new Error(JSON.stringify(offsets));
    await admin.deleteTopics({ topics: [topic] });
    if ((await admin.listTopics()).includes(topic)) throw new Error('the deleted topic is listed');
    await admin.disconnect();
}

({ produce, admin: administer })[action]().catch((error) => { console.error(error); process.exit(1); });
