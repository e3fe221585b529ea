#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "drive.hpp"

namespace cambium::drive {

namespace {

// The first part of a run only warms it up.
constexpr double warm_up_share = 0.2;
constexpr int64_t drain_ns = 20'000'000'000;
// Shorter pauses than this are not slept: waking up takes as long.
constexpr int64_t nap_ns = 100'000;

struct Arrivals {
    rd_kafka_topic_t* topic = nullptr;
    std::vector<int64_t> late_ns;
    std::atomic<int64_t> count = 0;
    std::atomic<bool> ends = false;
};

void arrived(rd_kafka_message_t* message, void* opaque) {
    Arrivals& all = *static_cast<Arrivals*>(opaque);
    int64_t due = 0;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->len < sizeof due) return;
    std::memcpy(&due, message->payload, sizeof due);
    if (due == 0) return;
    all.late_ns.push_back(now_ns() - due);
    all.count.fetch_add(1, std::memory_order_release);
}

double at(const std::vector<int64_t>& sorted, double share) {
    const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
    return static_cast<double>(sorted[index]) / 1e3;
}

void report(const Options& options, std::vector<int64_t> late, int64_t sent) {
    if (late.empty()) give_up("nothing arrived");
    const size_t received = late.size();
    late.erase(late.begin(), late.begin() + static_cast<ptrdiff_t>(warm_up_share *
                                                                   static_cast<double>(received)));
    std::sort(late.begin(), late.end());
    std::printf(
        "{\"what\": \"latency\", \"rate\": %lld, \"sent\": %lld, \"received\": %zu, "
        "\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, "
        "\"max_us\": %.1f}\n",
        static_cast<long long>(options.rate), static_cast<long long>(sent), received, at(late, 0.5),
        at(late, 0.9), at(late, 0.99), at(late, 0.999), at(late, 1));
}

void send_due(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string* value, int64_t due) {
    std::memcpy(value->data(), &due, sizeof due);
    while (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, value->data(), value->size(), nullptr, 0,
                            nullptr) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            give_up(rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(client, 1);
    }
    rd_kafka_poll(client, 0);
}

}  // namespace

void latency(const Options& options) {
    const Client producer = make_client(RD_KAFKA_PRODUCER, options,
                                        {{"acks", "all"},
                                         {"linger.ms", "0"},
                                         {"socket.nagle.disable", "true"},
                                         {"queue.buffering.max.messages", "1000000"}},
                                        nullptr);
    const Client consumer = make_client(RD_KAFKA_CONSUMER, options,
                                        {{"fetch.wait.max.ms", "500"},
                                         {"fetch.min.bytes", "1"},
                                         {"queued.min.messages", "1000000"},
                                         {"socket.nagle.disable", "true"}},
                                        nullptr);
    const Topic into = make_topic(producer.get(), options);
    const Topic from = make_topic(consumer.get(), options);
    std::string value(static_cast<size_t>(std::max<int64_t>(options.record_bytes, 8)), 'v');
    send_due(producer.get(), into.get(), &value, 0);
    if (rd_kafka_flush(producer.get(), 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("the first record was not acknowledged");
    int64_t low = 0, high = 0;
    if (rd_kafka_query_watermark_offsets(consumer.get(), options.topic.c_str(), 0, &low, &high,
                                         10'000) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_consume_start(from.get(), 0, high) != 0)
        give_up("the topic cannot be read");

    const int64_t count = options.rate * options.seconds;
    Arrivals arrivals;
    arrivals.topic = from.get();
    arrivals.late_ns.reserve(static_cast<size_t>(count));
    std::thread reader([&arrivals] {
        while (!arrivals.ends.load(std::memory_order_acquire))
            rd_kafka_consume_callback(arrivals.topic, 0, 100, arrived, &arrivals);
    });
    const int64_t began = now_ns() + 200'000'000;
    for (int64_t i = 0; i < count; ++i) {
        const int64_t due = began + i * 1'000'000'000 / options.rate;
        if (due - now_ns() > nap_ns / 2) wait_until(due);
        send_due(producer.get(), into.get(), &value, due);
    }
    const int64_t until = now_ns() + drain_ns;
    while (arrivals.count.load(std::memory_order_acquire) < count && now_ns() < until)
        rd_kafka_poll(producer.get(), 10);
    arrivals.ends.store(true, std::memory_order_release);
    reader.join();
    rd_kafka_consume_stop(from.get(), 0);
    report(options, std::move(arrivals.late_ns), count);
}

}  // namespace cambium::drive
