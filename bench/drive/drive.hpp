// One librdkafka program for all servers that are measured, so that they differ in nothing but
// themselves. Each run ends with one line of JSON.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

namespace cambium::drive {

struct Options {
    std::string server;
    std::string topic = "bench";
    int64_t records = 1'000'000;
    int64_t record_bytes = 1024;
    int32_t partitions = 1;
    int64_t rate = 1'000;  // records per second, for latency
    int64_t seconds = 10;
    int64_t seconds_max = 0;  // produce ends after so long even if records are left; 0: never
    int64_t connections = 1;  // of many()
    int64_t batch_records = 16;
    int64_t in_flight = 5;  // requests on a connection
    bool idempotent = false;
    // Of librdkafka, over what a run sets itself.
    std::map<std::string, std::string> settings;
};

struct Destroy {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy>;

// Ends the process when librdkafka refuses a setting. `opaque` is what its callbacks are given.
Client make_client(rd_kafka_type_t type, const Options& options,
                   const std::map<std::string, std::string>& settings, void* opaque);
Topic make_topic(rd_kafka_t* client, const Options& options);

// Nanoseconds of a clock that does not jump; the processor time of this process.
int64_t now_ns();
double cpu_seconds();
void wait_until(int64_t at_ns);
[[noreturn]] void give_up(std::string_view why);

// As many records as fit, and when all of them are acknowledged.
void produce(const Options& options);
// From the beginning of partition 0.
void consume(const Options& options);
// On a fixed schedule: each record carries when it was due, so a server that falls behind is
// charged for what waited (no coordinated omission).
void latency(const Options& options);
// Many producers at once, each with a connection and requests in flight, without librdkafka, whose
// threads would be what is measured.
void many(const Options& options);

}  // namespace cambium::drive
