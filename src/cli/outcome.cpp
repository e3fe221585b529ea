#include "cli/outcome.hpp"

#include <cstdint>

namespace cambium::cli {
namespace {

std::string advice(Errc code, const Subject& subject) {
    const std::string server = subject.server.empty() ? "127.0.0.1:9092" : subject.server;
    const std::string topic = subject.topic.empty() ? "NAME" : subject.topic;
    const std::string group = subject.group.empty() ? "NAME" : subject.group;
    switch (code) {
        case Errc::connection_refused:
            return "start a server with 'cambium serve --listen " + server +
                   "', or name the one that runs with --server HOST:PORT";
        case Errc::end_of_stream:
        case Errc::connection_reset:
        case Errc::network_exception:
            return "is " + server +
                   " a Kafka listener, and still running? --server HOST:PORT names another";
        case Errc::group_id_not_found: return "'cambium group list' shows the groups there are";
        case Errc::non_empty_group:
        case Errc::unknown_member_id:
        case Errc::illegal_generation:
            return "'cambium group describe " + group +
                   "' shows its members: stop them first. One that died is out when its session "
                   "is over";
        case Errc::group_subscribed_to_topic:
            return "'cambium group describe " + group + "' shows who reads that topic: stop them";
        case Errc::fenced_instance_id:
        case Errc::unreleased_instance_id:
            return "another consumer runs with the same --instance: give each its own";
        case Errc::inconsistent_group_protocol:
            return "'cambium group describe " + group +
                   "' shows the members: all need an assignor in common (range, roundrobin)";
        case Errc::coordinator_not_available:
        case Errc::coordinator_load_in_progress:
        case Errc::request_timed_out:
        case Errc::leader_not_available:
            return "'curl http://127.0.0.1:8080/healthz' tells how a server of this machine is";
        case Errc::unknown_topic_or_partition:
            return "'cambium topic list' shows what there is; 'cambium topic create " + topic +
                   "' makes a topic";
        case Errc::topic_already_exists:
            return "'cambium topic describe " + topic + "' shows it; --if-not-exists accepts it";
        case Errc::message_too_large:
        case Errc::record_list_too_large:
            return "the topic's setting max.message.bytes is the limit";
        case Errc::offset_out_of_range:
            return "'cambium topic describe " + topic + "' shows the offsets that there are";
        case Errc::invalid_config:
            return "'cambium config describe --all --explain' shows what can be set; with --topic "
                   "NAME, on a topic";
        case Errc::invalid_partitions:
            return "'cambium topic describe " + topic +
                   "' shows how many there are; they only grow";
        case Errc::unsupported_version:
            return "the server is too old, or too new, for this command";
        default: return "";
    }
}

}  // namespace

std::string explained(const Error& error, const Subject& subject) {
    std::string out(sentence(error.code));
    if (!error.context.empty()) out.append(" (").append(error.context).append(")");
    const std::string next = advice(error.code, subject);
    if (!next.empty()) out.append("\n    ").append(next);
    return out;
}

Exit fail(Terminal& terminal, std::string_view what, const Error& error, const Subject& subject) {
    std::string text = "cambium: ";
    text.append(what).append(": ").append(explained(error, subject)).append("\n");
    terminal.say(text);
    return Exit::failed;
}

std::string grouped(int64_t number) {
    std::string digits = std::to_string(number);
    const size_t sign = number < 0 ? 1 : 0;
    for (size_t at = digits.size(); at > sign + 3;) digits.insert(at -= 3, ",");
    return digits;
}

std::string counted(int64_t number, std::string_view noun) {
    std::string out = grouped(number);
    out.append(" ").append(noun);
    if (number != 1) out += 's';
    return out;
}

}  // namespace cambium::cli
