// cambium-load LOAD server=HOST:PORT [NAME=VALUE...]: puts a load on a server, ours or Kafka, and
// prints what it measured as one line of JSON. For bench/*.py.
#include <charconv>
#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "load.hpp"
#include "real/system.hpp"

namespace cambium::load {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

int usage() {
    std::cerr
        << "usage: cambium-load commits server=HOST:PORT topic=NAME [groups=N] [partitions=N]\n"
           "                    [warm_up_ms=N] [time_ms=N]\n"
           "       cambium-load storm server=HOST:PORT topic=NAME [group=NAME]\n"
           "                    [protocol=classic|consumer] [members=N] [storm_ms=N]\n"
           "                    [events_per_second=N] [session_ms=N] [patience_ms=N]\n";
    return 2;
}

// Takes values out by name; what is left in the end nobody knows.
class Taker {
public:
    explicit Taker(Values values) : values_(std::move(values)) {}

    void text(std::string_view name, std::string* into) {
        const auto found = values_.find(name);
        if (found == values_.end()) return;
        *into = found->second;
        values_.erase(found);
    }
    void number(std::string_view name, int64_t* into) {
        std::string given;
        text(name, &given);
        if (given.empty()) return;
        const char* const end = given.data() + given.size();
        const auto read = std::from_chars(given.data(), end, *into);
        if (read.ec != std::errc{} || read.ptr != end) sound_ = false;
    }
    void server(io::Address* into) {
        std::string given;
        text("server", &given);
        const Result<io::Address> address = io::Address::parse(given);
        if (address.ok()) *into = *address;
        else sound_ = false;
    }
    [[nodiscard]] bool all_known() const { return sound_ && values_.empty(); }

private:
    Values values_;
    bool sound_ = true;
};

int tell(const Result<std::string>& told) {
    if (told.ok()) std::cout << *told << std::endl;
    else std::cerr << "cambium-load: " << told.error().text() << "\n";
    return told.ok() ? 0 : 1;
}

int run_commits(Taker given) {
    CommitOptions options;
    given.server(&options.server);
    given.text("topic", &options.topic);
    given.number("groups", &options.groups);
    given.number("partitions", &options.partitions);
    given.number("warm_up_ms", &options.warm_up_ms);
    given.number("time_ms", &options.time_ms);
    if (!given.all_known()) return usage();
    real::System system;
    return tell(real::wait(system, commits(system.world(), options)));
}

int run_storm(Taker given) {
    StormOptions options;
    std::string protocol = "classic";
    given.server(&options.server);
    given.text("topic", &options.topic);
    given.text("group", &options.group);
    given.text("protocol", &protocol);
    given.number("members", &options.members);
    given.number("storm_ms", &options.storm_ms);
    given.number("events_per_second", &options.events_per_second);
    given.number("session_ms", &options.session_ms);
    given.number("patience_ms", &options.patience_ms);
    options.consumer_protocol = protocol == "consumer";
    if (!given.all_known() || (protocol != "classic" && protocol != "consumer")) return usage();
    real::System system;
    return tell(real::wait(system, storm(system.world(), options)));
}

int run(const std::vector<std::string>& words) {
    Values values;
    for (size_t i = 1; i < words.size(); ++i) {
        const size_t equals = words[i].find('=');
        if (equals == std::string::npos) return usage();
        values[words[i].substr(0, equals)] = words[i].substr(equals + 1);
    }
    if (words.empty()) return usage();
    if (words[0] == "commits") return run_commits(Taker(std::move(values)));
    if (words[0] == "storm") return run_storm(Taker(std::move(values)));
    return usage();
}

}  // namespace
}  // namespace cambium::load

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    return cambium::load::run({argv + 1, argv + argc});
}
