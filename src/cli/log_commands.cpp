#include "cli/log_commands.hpp"

#include <utility>

#include "cli/dump_json.hpp"
#include "cli/json_object.hpp"
#include "log/dump_text.hpp"

namespace cambium::cli {
namespace {

using log::Finding;
using log::Inspection;

std::string summary(const Inspection& found) {
    return counted(found.logs, "log") + ", " + counted(found.segments, "segment") + ", " +
           counted(found.bytes, "byte") + ", " + grouped(found.batches) +
           (found.batches == 1 ? " batch, " : " batches, ") + counted(found.records, "record");
}

// What stands beside the segments, and what was not looked at.
std::string beside(const Inspection& found) {
    std::string out = "    also checked: " + grouped(found.index_entries) + " index and " +
                      grouped(found.time_index_entries) + " time index entries, " +
                      counted(found.snapshots, "snapshot") + " with " +
                      counted(found.producers, "producer") + ", " + counted(found.epochs, "epoch") +
                      "\n";
    if (found.bytes_not_checked > 0)
        out += "    not checked: " + counted(found.bytes_not_checked, "byte") +
               " in which no batch could be found\n";
    if (!found.files_not_checked.empty()) {
        const auto files =
            static_cast<int64_t>(found.files_not_checked.size()) + found.files_not_checked_left_out;
        out += "    not checked: " + counted(files, "file") + " of other kinds, such as " +
               found.files_not_checked.front() + "\n";
    }
    return out;
}

std::string summary_json(const Inspection& found) {
    return JsonObject()
        .add("ok", !found.corrupt())
        .add("logs", found.logs)
        .add("segments", found.segments)
        .add("bytes", found.bytes)
        .add("batches", found.batches)
        .add("records", found.records)
        .add("index_entries", found.index_entries)
        .add("time_index_entries", found.time_index_entries)
        .add("snapshots", found.snapshots)
        .add("producers", found.producers)
        .add("epochs", found.epochs)
        .add("findings", found.findings.size())
        .add("findings_left_out", found.findings_left_out)
        .add("corrupt_findings", found.corrupt_findings)
        .add("bytes_not_checked", found.bytes_not_checked)
        .add_raw("files_not_checked", json_strings(found.files_not_checked))
        .add("files_not_checked_left_out", found.files_not_checked_left_out)
        .line();
}

std::string verdict(const Inspection& found) {
    if (found.corrupt())
        return "DAMAGED: " + summary(found) + "\n" + beside(found) +
               "    copy the directory before anything else; the server takes the other "
               "partitions up without it\n";
    const std::string_view rest = "; what is listed is put right by the next start";
    return "sound: " + summary(found) + std::string(found.ok() ? "" : rest) + "\n" + beside(found);
}

}  // namespace

std::string finding_json(const Finding& finding) {
    JsonObject out;
    out.add("kind", log::name(finding.kind))
        .add("file", finding.file)
        .add("position", finding.position)
        .add("bytes", finding.bytes)
        .add("byte", finding.byte)
        .add("bit", finding.bit)
        .add("offset", finding.offset.value())
        .add("what", finding.what);
    return out.line();
}

io::Task<Exit> log_dump(io::World world, Terminal* terminal, LogDumpArgs args) {
    const auto write = [terminal](std::string_view text) { terminal->write(text); };
    JsonDump json(write);
    log::TextDump text({.data = args.depth == DumpDepth::data}, [write](std::string_view line) {
        write(line);
        write("\n");
    });
    log::DumpSink* sink = &text;
    if (args.output == Output::json) sink = &json;
    const log::DumpOptions options{.records = args.depth != DumpDepth::batches};
    const Result<Inspection> found = co_await log::dump_logs(&world.disk, args.path, options, sink);
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
