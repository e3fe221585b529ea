#include "cli/truncate_report.hpp"

#include <utility>
#include <vector>

#include "cli/json_object.hpp"

namespace cambium::cli {
namespace {

using log::LogStart;
using log::SetAside;
using log::StartCut;

struct Report {
    bool clean = false;
    std::vector<LogStart> logs;
    std::vector<std::string> leftovers;
    std::vector<SetAside> earlier;
    int64_t bytes_cut = 0;
    int64_t refused = 0;
};

io::Task<Result<Report>> rehearse(log::StartRehearsal* rehearsal) {
    Report report;
    report.clean = rehearsal->directory().stopped_cleanly();
    auto leftovers = co_await rehearsal->leftovers();
    if (!leftovers) co_return leftovers.error();
    report.leftovers = std::move(*leftovers);
    const auto logs = co_await rehearsal->directory().list();
    if (!logs) co_return logs.error();
    for (const log::LogIdentity& identity : *logs) {
        Result<LogStart> start = co_await rehearsal->load(identity);
        if (!start) co_return start.error();
        report.refused += start->loaded ? 0 : 1;
        for (const StartCut& cut : start->cuts) report.bytes_cut += cut.bytes;
        report.logs.push_back(std::move(*start));
    }
    co_return std::move(report);
}

std::string start_json(const LogStart& start) {
    std::string cuts = "[";
    for (const StartCut& cut : start.cuts) {
        if (cuts.size() > 1) cuts += ',';
        cuts += JsonObject()
                    .add("file", cut.file)
                    .add("position", cut.position)
                    .add("bytes", cut.bytes)
                    .add("whole_file", cut.whole_file)
                    .text();
    }
    JsonObject out;
    out.add("type", "log").add("log", start.identity.partition.text());
    if (!start.loaded) out.add("refused", start.loaded.error().text());
    else
        out.add_null("refused")
            .add("end", start.recovered.end.value())
            .add("read", start.recovered.scanned)
            .add("bytes_read", start.recovered.bytes_scanned)
            .add_raw("cuts", cuts + "]");
    return out.line();
}

std::string earlier_json(const SetAside& earlier) {
    JsonObject out;
    out.add("type", "set_aside").add("file", earlier.file).add("bytes", earlier.bytes);
    if (earlier.position >= 0)
        out.add("topic_id", earlier.topic_id.text())
            .add("partition", earlier.partition.value())
            .add("segment", earlier.segment.value())
            .add("position", earlier.position);
    return out.line();
}

std::string json(const Report& report) {
    std::string out;
    for (const LogStart& start : report.logs) out += start_json(start);
    for (const SetAside& earlier : report.earlier) out += earlier_json(earlier);
    return out + JsonObject()
                     .add("type", "summary")
                     .add("clean_stop", report.clean)
                     .add("logs", report.logs.size())
                     .add("refused", report.refused)
                     .add("bytes_cut", report.bytes_cut)
                     .add_raw("leftovers", json_strings(report.leftovers))
                     .add("set_aside", report.earlier.size())
                     .line();
}

std::string earlier_text(const SetAside& earlier) {
    std::string out = "  " + earlier.file + ": " + counted(earlier.bytes, "byte");
    if (earlier.position >= 0)
        out += ", cut from partition " + std::to_string(earlier.partition.value()) + " of topic " +
               earlier.topic_id.text() + ", segment " + std::to_string(earlier.segment.value()) +
               " at " + std::to_string(earlier.position);
    return out + "\n";
}

std::string text(const Report& report) {
    std::string out = report.clean ? "the last stop was clean: a start reads no log\n"
                                   : "the last stop was not clean: a start recovers every log\n";
    for (const LogStart& start : report.logs)
        if (!start.loaded || !start.cuts.empty()) out += start_text(start);
    for (const std::string& name : report.leftovers)
        out += "  " + name + ": was never finished, would be removed\n";
    out += counted(static_cast<int64_t>(report.logs.size()), "log") + ": " +
           counted(report.bytes_cut, "byte") + " would be cut, " + grouped(report.refused) +
           " would be refused\n";
    if (report.earlier.empty()) return out + "earlier starts have set nothing aside\n";
    out += "earlier starts have set aside " +
           counted(static_cast<int64_t>(report.earlier.size()), "file") + ":\n";
    for (const SetAside& earlier : report.earlier) out += earlier_text(earlier);
    return out;
}

}  // namespace

std::string start_text(const LogStart& start) {
    std::string out = "  " + start.identity.partition.text();
    if (!start.loaded)
        return out + ": would stay closed, with nothing changed: " + start.loaded.error().text() +
               "\n    'cambium log verify' names every damaged place; restore the partition from a "
               "copy\n";
    out += ": goes on at offset " + std::to_string(start.recovered.end.value()) + "\n";
    for (const StartCut& cut : start.cuts)
        out += "    " + cut.file + ": " + counted(cut.bytes, "byte") +
               (cut.whole_file ? ", all of it, would be cut and set aside\n"
                               : " would be cut from " + std::to_string(cut.position) +
                                     " on, and set aside unless they are zeros\n");
    return out;
}

io::Task<Exit> truncate_report(io::World world, Terminal* terminal, TruncateReportArgs args) {
    log::StartRehearsal rehearsal(world, args.path);
    const Status begun = co_await rehearsal.begin();
    Result<Report> report = begun ? Result<Report>(Report{}) : Result<Report>(begun.error());
    if (begun) report = co_await rehearse(&rehearsal);
    const Status ended = co_await rehearsal.end();
    if (report) {
        auto earlier = co_await log::set_aside_earlier(&world.disk, args.path);
        if (earlier) report->earlier = std::move(*earlier);
        else report = earlier.error();
    }
    const std::string what = "cannot say what a start of " + args.path + " would cut";
    if (!report) co_return fail(*terminal, what, report.error(), {});
    if (!ended) co_return fail(*terminal, what, ended.error(), {});
    terminal->write(args.output == Output::json ? json(*report) : text(*report));
    (void)terminal->flush();
    co_return report->refused > 0 ? Exit::failed : Exit::ok;
}

}  // namespace cambium::cli
