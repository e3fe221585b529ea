// `cambium consume TOPIC`: records of a topic to standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "client/consumer.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

struct ConsumeArgs {
    ServerArgs server{};
    Output output = Output::text;
    std::string topic{};
    // beginning, end, an offset, -N (the last N of each partition), or a time (cli/when.hpp)
    std::string from = "beginning";
    std::string until{};  // end (of the moment of the start), an offset or a time; empty: never
    int64_t count = -1;   // all
    std::vector<int32_t> partitions{};  // all
    std::string format = "%v\n";
    // As a member of this group: goes on where it committed, commits what was written.
    std::string group{};
    std::string protocol = "classic";  // or consumer (KIP-848)
    std::string instance{};            // a static member's name
    bool keys = false;                 // short for the format "%k\t%v\n"
};
io::Task<Exit> consume(io::World world, Terminal* terminal, ConsumeArgs args);

// How a record is written: %t topic, %p partition, %o offset, %T timestamp (ms), %k key, %v value,
// %h headers (NAME=VALUE, separated by commas), %% a percent sign; \n, \t, \0, \\ in between.
// Absent keys and values are empty. invalid_argument for anything else after a % or backslash.
class RecordFormat {
public:
    [[nodiscard]] static Result<RecordFormat> parse(std::string_view text);
    void write(const client::ConsumedRecord& record, std::string& out) const;

private:
    struct Part {
        char kind;  // one of the letters above, or 0 for text
        std::string text;
    };
    std::vector<Part> parts_;
};

// {"topic":..,"partition":..,"offset":..,"timestamp":..,"key":..,"value":..,"headers":[[..],..]}
void append_record_json(std::string& out, const client::ConsumedRecord& record);

}  // namespace cambium::cli
