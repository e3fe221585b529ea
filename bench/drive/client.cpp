#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include <sys/resource.h>

#include "drive.hpp"

namespace cambium::drive {

namespace {

constexpr int64_t second_ns = 1'000'000'000;

// Counts what failed; who measures throughput looks at the count.
void delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && opaque != nullptr)
        ++*static_cast<int64_t*>(opaque);
}

}  // namespace

void give_up(std::string_view why) {
    std::cerr << "cambium-drive: " << why << "\n";
    std::_Exit(1);
}

int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void wait_until(int64_t at_ns) {
    const timespec at{at_ns / second_ns, at_ns % second_ns};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {}
}

Client make_client(rd_kafka_type_t type, const Options& options,
                   const std::map<std::string, std::string>& settings, void* opaque) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    std::array<char, 512> why{};
    const auto set = [&](const std::string& name, const std::string& value) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) !=
            RD_KAFKA_CONF_OK)
            give_up(why.data());
    };
    set("bootstrap.servers", options.server);
    set("log_level", "3");
    for (const auto& [name, value] : settings) set(name, value);
    for (const auto& [name, value] : options.settings) set(name, value);
    if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_opaque(conf, opaque);
    Client client(rd_kafka_new(type, conf, why.data(), why.size()));
    if (client == nullptr) give_up(why.data());
    return client;
}

Topic make_topic(rd_kafka_t* client, const Options& options) {
    Topic topic(rd_kafka_topic_new(client, options.topic.c_str(), nullptr));
    if (topic == nullptr) give_up("the topic cannot be used");
    return topic;
}

}  // namespace cambium::drive
