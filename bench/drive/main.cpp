// cambium-drive RUN server=HOST:PORT [NAME=VALUE...]: puts one kind of load on any server.
#include <charconv>
#include <iostream>

#include "drive.hpp"

namespace cambium::drive {
namespace {

int usage() {
    std::cerr
        << "usage: cambium-drive produce server=HOST:PORT [topic=NAME] [records=N]\n"
           "                     [record_bytes=N] [partitions=N] [seconds_max=N] [idempotent=1]\n"
           "                     [-X NAME=VALUE]\n"
           "       cambium-drive consume server=HOST:PORT [topic=NAME] [records=N]\n"
           "       cambium-drive latency server=HOST:PORT [topic=NAME] [rate=N] [seconds=N]\n"
           "                     [record_bytes=N]\n"
           "       cambium-drive many server=HOST:PORT [topic=NAME] [connections=N] [seconds=N]\n"
           "                     [record_bytes=N] [batch_records=N] [in_flight=N]\n"
           "Prints one line of JSON. -X passes a setting to librdkafka.\n";
    return 2;
}

bool take(Options* options, const std::string& name, const std::string& value) {
    if (name == "server") return !(options->server = value).empty();
    if (name == "topic") return !(options->topic = value).empty();
    int64_t number = 0;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end || number < 0) return false;
    if (name == "records") options->records = number;
    else if (name == "record_bytes") options->record_bytes = number;
    else if (name == "partitions") options->partitions = static_cast<int32_t>(number);
    else if (name == "rate") options->rate = number;
    else if (name == "seconds") options->seconds = number;
    else if (name == "seconds_max") options->seconds_max = number;
    else if (name == "connections") options->connections = number;
    else if (name == "batch_records") options->batch_records = number;
    else if (name == "in_flight") options->in_flight = number;
    else if (name == "idempotent") options->idempotent = number != 0;
    else return false;
    return true;
}

bool take_all(Options* options, int count, char** words) {
    for (int i = 2; i < count; ++i) {
        const bool setting = std::string_view(words[i]) == "-X" && i + 1 < count;
        const std::string word = setting ? words[++i] : words[i];
        const size_t equals = word.find('=');
        if (equals == std::string::npos) return false;
        const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
        if (setting) options->settings[name] = value;
        else if (!take(options, name, value)) return false;
    }
    return !options->server.empty();
}

}  // namespace
}  // namespace cambium::drive

int main(int count, char** words) {
    using namespace cambium::drive;
    const std::string run = count > 1 ? words[1] : "";
    Options options;
    if (!take_all(&options, count, words)) return usage();
    if (run == "produce") produce(options);
    else if (run == "consume") consume(options);
    else if (run == "latency") latency(options);
    else if (run == "many") many(options);
    else return usage();
    return 0;
}
