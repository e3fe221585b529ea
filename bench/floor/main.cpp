// cambium-floor: a broker that does almost nothing, as the limit to measure against.
//
//   cambium-floor nothing port=N [record_bytes=N] [partitions=N]
//   cambium-floor write   port=N directory=PATH [sync=1] [segment_bytes=N] [retention_bytes=N]
//   cambium-floor scan    [from=N] FILE...
//   cambium-floor send    [bytes=N] [FILE...]
//   cambium-floor echo    [count=N]
//
// `nothing` answers what is produced without looking at it, and fetches from memory: what a client
// can do at most. `write` checks each batch and appends it to files that grow, roll and go, with
// sync=1 before it answers, all that came together with one sync. The other modes serve nobody
// (transfers.hpp): what the machine takes to read and check files, to send them, or to say hello.
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
#include "transfers.hpp"

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

std::vector<std::string> paths(int count, char** words) {
    std::vector<std::string> all;
    for (int i = 2; i < count; ++i)
        if (std::string_view(words[i]).find('=') == std::string_view::npos)
            all.emplace_back(words[i]);
    return all;
}

int serve(const std::string& mode, const Values& all) {
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
    const std::vector<std::string> files = cambium::floor::paths(count, words);
    if (mode == "scan" && !files.empty())
        return cambium::floor::scan(files, cambium::floor::number(all, "from", 0));
    if (mode == "send")
        return cambium::floor::send_files(files,
                                          cambium::floor::number(all, "bytes", int64_t{4} << 30));
    if (mode == "echo") return cambium::floor::echo(cambium::floor::number(all, "count", 20'000));
    const bool told = mode == "nothing" || (mode == "write" && all.contains("directory"));
    if (!told || !all.contains("port")) {
        std::cerr << "usage: cambium-floor nothing port=N [record_bytes=N] [partitions=N]\n"
                     "       cambium-floor write port=N directory=PATH [sync=1] [segment_bytes=N]\n"
                     "                     [retention_bytes=N] [partitions=N]\n"
                     "       cambium-floor scan [from=N] FILE...\n"
                     "       cambium-floor send [bytes=N] [FILE...]\n"
                     "       cambium-floor echo [count=N]\n";
        return 2;
    }
    return cambium::floor::serve(mode, all);
}
