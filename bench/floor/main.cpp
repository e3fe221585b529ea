// cambium-floor: a broker that does almost nothing, as the limit to measure against.
//
//   cambium-floor nothing port=N [record_bytes=N] [partitions=N]
//   cambium-floor write   port=N directory=PATH [sync=1] [segment_bytes=N] [retention_bytes=N]
//
// `nothing` answers what is produced without looking at it, and fetches from memory: what a client
// can do at most. `write` checks each batch and appends it to files that grow, roll and go, with
// sync=1 before it answers, all that came together with one sync.
#include <charconv>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "answers.hpp"
#include "bare_log.hpp"
#include "bare_server.hpp"

namespace cambium::floor {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

Values values(int count, char** words) {
    Values all;
    for (int i = 2; i < count; ++i) {
        const std::string word = words[i];
        const size_t equals = word.find('=');
        if (equals != std::string::npos) all[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return all;
}

int64_t number(const Values& all, std::string_view name, int64_t otherwise) {
    const auto found = all.find(name);
    if (found == all.end()) return otherwise;
    int64_t value = otherwise;
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

int run(const std::string& mode, const Values& all) {
    AnswerOptions options;
    options.port = static_cast<uint16_t>(number(all, "port", 0));
    options.partitions = static_cast<int32_t>(number(all, "partitions", 1));
    options.record_bytes = number(all, "record_bytes", options.record_bytes);
    BareLogOptions log;
    log.segment_bytes = number(all, "segment_bytes", log.segment_bytes);
    log.retention_bytes = number(all, "retention_bytes", log.retention_bytes);
    if (const auto found = all.find("directory"); found != all.end()) log.directory = found->second;

    std::map<int32_t, std::unique_ptr<BareLog>> logs;
    std::set<int> dirty;
    const auto append = [&](int32_t partition, ByteView records) {
        std::unique_ptr<BareLog>& into = logs[partition];
        if (into == nullptr) into = std::make_unique<BareLog>(log, partition);
        const int64_t offset = into->append(records);
        dirty.insert(into->descriptor());
        return offset;
    };
    Answers answers(options, mode == "write" ? Answers::Append(append) : Answers::Append());
    BareServer server({options.port, number(all, "sync", 0) != 0}, &answers, [&dirty] {
        std::vector<int> files(dirty.begin(), dirty.end());
        dirty.clear();
        return files;
    });
    server.run();
    return 0;
}

}  // namespace
}  // namespace cambium::floor

int main(int count, char** words) {
    const std::string mode = count > 1 ? words[1] : "";
    const auto all = cambium::floor::values(count, words);
    const bool told = mode == "nothing" || (mode == "write" && all.contains("directory"));
    if (!told || !all.contains("port")) {
        std::cerr << "usage: cambium-floor nothing port=N [record_bytes=N] [partitions=N]\n"
                     "       cambium-floor write port=N directory=PATH [sync=1] [segment_bytes=N]\n"
                     "                     [retention_bytes=N] [partitions=N]\n";
        return 2;
    }
    return cambium::floor::run(mode, all);
}
