#include <cstdio>
#include <string>

#include "drive.hpp"

namespace cambium::drive {

namespace {

constexpr int poll_every = 1000;
constexpr int flush_ms = 120'000;
// A consumer that gets nothing for so long has failed.
constexpr int64_t patience_ns = 60'000'000'000;

void report(std::string_view what, int64_t records, int64_t record_bytes, double seconds,
            double cpu, int64_t failed) {
    const auto count = static_cast<double>(records);
    std::printf(
        "{\"what\": \"%s\", \"records\": %lld, \"record_bytes\": %lld, \"seconds\": %.4f, "
        "\"per_second\": %.0f, \"mb_per_second\": %.1f, \"client_cpu_s\": %.3f, "
        "\"failed\": %lld}\n",
        std::string(what).c_str(), static_cast<long long>(records),
        static_cast<long long>(record_bytes), seconds, count / seconds,
        count * static_cast<double>(record_bytes) / seconds / 1e6, cpu,
        static_cast<long long>(failed));
}

// The first record of all has to wait for connections and metadata: it is not measured.
void send(rd_kafka_t* client, rd_kafka_topic_t* topic, const std::string& value,
          int32_t partition) {
    while (rd_kafka_produce(topic, partition, 0, const_cast<char*>(value.data()), value.size(),
                            nullptr, 0, nullptr) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            give_up(rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(client, 1);
    }
}

struct Seen {
    int64_t records = 0;
    int64_t wanted = 0;
    int64_t bytes = 0;
    int64_t failed = 0;
    int64_t last_ns = 0;
};

void seen(rd_kafka_message_t* message, void* opaque) {
    Seen& all = *static_cast<Seen*>(opaque);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++all.failed;
        return;
    }
    all.bytes += static_cast<int64_t>(message->len);
    if (++all.records == all.wanted) all.last_ns = now_ns();
}

}  // namespace

void produce(const Options& options) {
    int64_t failed = 0;
    const Client client =
        make_client(RD_KAFKA_PRODUCER, options,
                    {{"acks", "all"},
                     {"linger.ms", "5"},
                     {"batch.size", "1000000"},
                     {"batch.num.messages", "10000"},
                     {"queue.buffering.max.messages", "500000"},
                     {"queue.buffering.max.kbytes", "1048576"},
                     {"enable.idempotence", options.idempotent ? "true" : "false"}},
                    &failed);
    const Topic topic = make_topic(client.get(), options);
    const std::string value(static_cast<size_t>(options.record_bytes), 'v');
    for (int32_t i = 0; i < options.partitions; ++i) send(client.get(), topic.get(), value, i);
    if (rd_kafka_flush(client.get(), flush_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("the first records were not acknowledged");
    const double cpu = cpu_seconds();
    const int64_t began = now_ns();
    const int64_t until =
        options.seconds_max > 0 ? began + options.seconds_max * 1'000'000'000 : INT64_MAX;
    int32_t partition = 0;
    int64_t sent = 0;
    for (; sent < options.records; ++sent) {
        send(client.get(), topic.get(), value, partition);
        if (++partition == options.partitions) partition = 0;
        if (sent % poll_every != 0) continue;
        rd_kafka_poll(client.get(), 0);
        if (now_ns() > until) break;
    }
    if (rd_kafka_flush(client.get(), flush_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("not all was acknowledged");
    const double seconds = static_cast<double>(now_ns() - began) / 1e9;
    report("produce", sent, options.record_bytes, seconds, cpu_seconds() - cpu, failed);
}

void consume(const Options& options) {
    const Client client = make_client(RD_KAFKA_CONSUMER, options,
                                      {{"fetch.message.max.bytes", "1048576"},
                                       {"queued.min.messages", "1000000"},
                                       {"queued.max.messages.kbytes", "1048576"},
                                       {"fetch.wait.max.ms", "100"}},
                                      nullptr);
    const Topic topic = make_topic(client.get(), options);
    Seen all;
    all.wanted = options.records;
    const auto wait_for = [&](int64_t records) {
        int64_t before = -1, since = now_ns();
        while (all.records < records) {
            rd_kafka_consume_callback(topic.get(), 0, 100, seen, &all);
            if (all.records != before) {
                before = all.records;
                since = now_ns();
            } else if (now_ns() - since > patience_ns) {
                give_up("no records came for a minute");
            }
        }
    };
    if (rd_kafka_consume_start(topic.get(), 0, RD_KAFKA_OFFSET_BEGINNING) != 0)
        give_up(rd_kafka_err2str(rd_kafka_last_error()));
    wait_for(1);
    const int64_t before = all.records;
    const double cpu = cpu_seconds();
    const int64_t began = now_ns();
    wait_for(options.records);
    const double seconds = static_cast<double>(all.last_ns - began) / 1e9;
    const int64_t bytes = all.records > 0 ? all.bytes / all.records : 0;
    report("consume", options.records - before, bytes, seconds, cpu_seconds() - cpu, all.failed);
    rd_kafka_consume_stop(topic.get(), 0);
}

}  // namespace cambium::drive
