#include "cli/log_commands.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "cli/json.hpp"
#include "log/inspect.hpp"

namespace cambium::cli {
namespace {

using log::Finding;
using log::Inspection;

// baseOffset -> base_offset
std::string snake_case(std::string_view camel) {
    std::string out;
    for (const char c : camel) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isupper(letter) != 0 && !out.empty()) out += '_';
        out += static_cast<char>(std::tolower(letter));
    }
    return out;
}

void append_value(std::string& out, std::string_view value) {
    constexpr std::string_view optional = "OptionalLong[";
    if (value == "OptionalLong.empty") out += "null";
    else if (value.starts_with(optional) && value.ends_with(']'))
        out += value.substr(optional.size(), value.size() - optional.size() - 1);
    else if (value == "true" || value == "false" || is_json_number(value)) out += value;
    else append_json_string(out, value);
}

std::string summary(const Inspection& found) {
    return counted(found.logs, "log") + ", " + counted(found.segments, "segment") + ", " +
           counted(found.bytes, "byte") + ", " + grouped(found.batches) +
           (found.batches == 1 ? " batch, " : " batches, ") + counted(found.records, "record");
}

std::string_view name_of(Finding::Kind kind) {
    switch (kind) {
        case Finding::Kind::corrupt: return "corrupt";
        case Finding::Kind::torn: return "torn";
        case Finding::Kind::derived: return "derived";
    }
    return "unknown";
}

std::string finding_json(const Finding& finding) {
    std::string out = "{\"kind\":";
    append_json_string(out, name_of(finding.kind));
    out += ",\"file\":";
    append_json_string(out, finding.file);
    out += ",\"position\":" + std::to_string(finding.position);
    out += ",\"offset\":" + std::to_string(finding.offset.value()) + ",\"what\":";
    append_json_string(out, finding.what);
    return out + "}\n";
}

std::string summary_json(const Inspection& found) {
    return "{\"ok\":" + std::string(found.corrupt() ? "false" : "true") +
           ",\"logs\":" + std::to_string(found.logs) +
           ",\"segments\":" + std::to_string(found.segments) +
           ",\"bytes\":" + std::to_string(found.bytes) +
           ",\"batches\":" + std::to_string(found.batches) +
           ",\"records\":" + std::to_string(found.records) +
           ",\"findings\":" + std::to_string(found.findings.size()) +
           ",\"findings_left_out\":" + std::to_string(found.findings_left_out) + "}\n";
}

std::string verdict(const Inspection& found) {
    if (found.corrupt())
        return "DAMAGED: " + summary(found) +
               "\n    copy the directory before anything else; the server takes the other "
               "partitions up without it\n";
    if (found.ok()) return "sound: " + summary(found) + "\n";
    return "sound: " + summary(found) + "; what is listed is put right by the next start\n";
}

}  // namespace

std::string batch_json(std::string_view line) {
    if (!line.starts_with("baseOffset: ")) return {};
    std::string out;
    while (!line.empty()) {
        const size_t colon = line.find(": ");
        if (colon == std::string_view::npos) break;
        const size_t end = std::min(line.find(' ', colon + 2), line.size());
        out += out.empty() ? "{" : ",";
        append_json_string(out, snake_case(line.substr(0, colon)));
        out += ':';
        append_value(out, line.substr(colon + 2, end - colon - 2));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return out + "}\n";
}

io::Task<Exit> log_dump(io::World world, Terminal* terminal, LogDumpArgs args) {
    const bool json = args.output == Output::json;
    const auto print = [terminal, json](std::string_view line) {
        if (json) return terminal->write(batch_json(line));
        terminal->write(line);
        terminal->write("\n");
    };
    const log::DumpOptions options{.records = args.records && !json};
    const Result<Inspection> found =
        co_await log::dump_logs(&world.disk, args.path, options, print);
    (void)terminal->flush();
    if (!found.ok()) co_return fail(*terminal, "cannot dump " + args.path, found.error(), {});
    for (const Finding& finding : found->findings) terminal->say(finding.text() + "\n");
    co_return found->corrupt() ? Exit::failed : Exit::ok;
}

io::Task<Exit> log_verify(io::World world, Terminal* terminal, LogVerifyArgs args) {
    const Result<Inspection> found = co_await log::verify_logs(&world.disk, args.path);
    if (!found.ok()) co_return fail(*terminal, "cannot verify " + args.path, found.error(), {});
    const bool json = args.output == Output::json;
    for (const Finding& finding : found->findings)
        terminal->write(json ? finding_json(finding) : finding.text() + "\n");
    if (!json && found->findings_left_out > 0)
        terminal->write("and " + counted(found->findings_left_out, "finding") + " more\n");
    terminal->write(json ? summary_json(*found) : verdict(*found));
    (void)terminal->flush();
    co_return found->corrupt() ? Exit::failed : Exit::ok;
}

}  // namespace cambium::cli
