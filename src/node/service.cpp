#include "node/service.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "base/version.hpp"
#include "broker/endpoints.hpp"
#include "cli/outcome.hpp"
#include "node/port_owner.hpp"
#include "node/process.hpp"

namespace cambium::node {
namespace {

// No more than this many recovered partitions are named one by one.
constexpr size_t recovered_shown_max = 10;

std::string recovered_line(const log::Recovered& recovered) {
    std::string line = "  " + recovered.partition.text() + ": " +
                       cli::grouped(recovered.bytes_scanned) +
                       " bytes checked, goes on at offset " + std::to_string(recovered.end.value());
    if (recovered.bytes_cut > 0) {
        line += ", " + cli::grouped(recovered.bytes_cut) +
                " torn bytes that nobody was told are safe set aside";
        if (!recovered.set_aside.empty()) line += " in " + recovered.set_aside;
    }
    return line + "\n";
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

bool is_any_address(const std::string& host) {
    return host.empty() || host == "0.0.0.0" || host == "::";
}

}  // namespace

std::string port_in_use(const io::Address& address, std::string_view option) {
    std::string out = "cannot listen on " + address.text() + ": the port is in use";
    const std::optional<PortOwner> owner = port_owner(address.port);
    const std::string number = std::to_string(address.port);
    if (owner.has_value()) {
        const std::string pid = std::to_string(owner->pid);
        out += " by process " + pid + " (" + owner->command + ")\n    stop it (kill " + pid + "),";
    } else {
        out += "\n    find who holds it (as root: ss -ltnp 'sport = :" + number + "'),";
    }
    const io::Address other{address.host, static_cast<uint16_t>(address.port + 1)};
    out.append(" or choose another: ").append(option).append(" ").append(other.text());
    return out;
}

Service::Service(io::World world, const real::RealLoop& loop, cli::Terminal& terminal,
                 Settings settings)
    : world_(world),
      loop_(loop),
      terminal_(terminal),
      settings_(std::move(settings)),
      started_(world.clock.wall()),
      registration_(metrics_.collect([this](MetricsWriter& writer) { tell_metrics(writer); })),
      broker_(world, {.settings = settings_,
                      .metrics = &metrics_,
                      .journal =
                          [&terminal](std::string_view line) {
                              std::string text(line);
                              if (!text.ends_with('\n')) text += '\n';
                              terminal.say(text);
                          }}),
      pages_(metrics_, [this] { return health(); }) {}

void Service::tell_metrics(MetricsWriter& writer) const {
    write_process_metrics(writer, started_);
    const real::LoopStatistics& loop = loop_.statistics();
    writer.family("cambium_loop_rounds_total", "counter", "Rounds of the event loop.");
    writer.sample({}, static_cast<int64_t>(loop.rounds));
    writer.family("cambium_loop_stalls_total", "counter", "Rounds of more than 10 ms.");
    writer.sample({}, static_cast<int64_t>(loop.stalls));
    writer.family("cambium_loop_longest_round_seconds", "gauge", "The longest round so far.");
    writer.sample({}, static_cast<double>(loop.longest_round.count()) * 1e-9);
}

web::Health Service::health() const {
    web::Health out{.phase = phase_};
    if (phase_ != web::Phase::serving) return out;
    if (!broker_.healthy()) out.phase = web::Phase::fenced;
    const broker::Broker::StartReport now = broker_.start_report();
    out.topics = static_cast<int64_t>(now.topics);
    out.partitions = static_cast<int64_t>(now.partitions);
    out.partitions_offline = static_cast<int64_t>(now.partitions_offline);
    for (const broker::Broker::DirectoryState& state : broker_.directory_states()) {
        const auto stalled = std::chrono::duration_cast<std::chrono::seconds>(state.sync_age);
        if (!state.trouble.empty()) out.troubles.push_back({state.path, state.trouble});
        else if (stalled.count() > 0)
            out.troubles.push_back(
                {state.path, "a sync has not ended for " + std::to_string(stalled.count()) + " s"});
    }
    return out;
}

io::Task<Status> Service::start_pages() {
    const std::string text = settings_.text("http.listener");
    if (text.empty()) co_return Status();
    Result<io::Address> address = io::Address::parse(text);
    if (!address.ok()) co_return Error{Errc::invalid_config, address.error().context};
    http::ServerOptions options;
    options.listen = std::move(address.value());
    Result<std::unique_ptr<http::Server>> server =
        co_await http::Server::start(world_, std::move(options), &pages_);
    if (!server.ok()) co_return server.error();
    http_ = std::move(server.value());
    co_return Status();
}

io::Task<std::optional<std::string>> Service::start() {
    const Status pages = co_await start_pages();
    const std::string no_pages =
        pages.ok() ? "" : explain_pages(pages.error(), settings_.text("http.listener"));
    if (!pages.ok() && settings_.is_set("http.listener")) co_return no_pages;
    const Status started = co_await broker_.start();
    if (!started.ok()) co_return explain(started.error());
    phase_ = web::Phase::serving;
    // Nobody asked for the usual port: that something else is on it stops nobody's log.
    if (!pages.ok()) terminal_.say("cambium: no metrics and health pages: " + no_pages + "\n");
    co_return std::nullopt;
}

io::Task<Status> Service::close() {
    phase_ = web::Phase::stopping;
    Status closed = co_await broker_.close();
    if (http_) co_await http_->close();
    co_return closed;
}

std::string Service::explain_pages(const Error& error, const std::string& address) const {
    const Result<io::Address> parsed = io::Address::parse(address);
    if (error.code == Errc::address_in_use && parsed.ok())
        return port_in_use(*parsed, "--http") + " (--http none: no pages)";
    return "cannot serve pages on " + address + ": " + error.text();
}

std::string Service::explain(const Error& error) const {
    if (error.code == Errc::directory_locked)
        return "another process serves the data in " + error.context +
               "\n    stop it, or choose another directory: --data DIR";
    // A directory that must not be used like this: the sentence says why and what to do.
    if (error.code == Errc::invalid_argument) return "cannot start: " + error.context;
    if (error.code != Errc::address_in_use && error.code != Errc::permission_denied)
        return "cannot start: " + error.text();
    for (const std::string& listener : settings_.list("listeners")) {
        const Result<meta::Endpoint> endpoint = broker::parse_endpoint(listener);
        if (!endpoint.ok()) continue;
        const io::Address address{endpoint->host, endpoint->port};
        const bool meant =
            error.context.find(":" + std::to_string(address.port)) != std::string::npos;
        if (error.code == Errc::address_in_use && meant) return port_in_use(address, "--listen");
    }
    return "cannot start: " + error.text();
}

io::Address Service::reachable() const {
    io::Address address = broker_.listening().front().address;
    if (is_any_address(address.host)) address.host = address.host == "::" ? "::1" : "127.0.0.1";
    return address;
}

std::string Service::announcement() const {
    const broker::Broker::StartReport report = broker_.start_report();
    std::string out("cambium ");
    out.append(program_version).append(" serves Kafka on ");
    for (const auto& bound : broker_.listening()) {
        if (&bound != &broker_.listening().front()) out += " and ";
        out += bound.address.text();
    }
    if (http_) out += ", metrics and health on http://" + http_->local().text();
    out += ", " + cli::counted(static_cast<int64_t>(report.topics), "topic") + " in " +
           joined(settings_.list("log.dirs")) + "\n";
    for (const std::string& each : report.directories_offline)
        out += "OFFLINE data directory " + each + "\n";
    if (settings_.topic_text("flush.policy", {}) == "os")
        out +=
            "acks are NOT durable: log.flush.policy=os answers before the disk has the records\n";
    else
        out +=
            "acks are durable: a record is acknowledged when it is on disk "
            "(log.flush.policy=ack)\n";
    std::string lines;
    size_t scanned = 0;
    for (const log::Recovered& each : report.recovered) {
        if (!each.scanned) continue;
        if (++scanned <= recovered_shown_max || each.bytes_cut > 0) lines += recovered_line(each);
    }
    if (scanned > 0)
        out += "the last stop was not clean: recovered " +
               cli::counted(static_cast<int64_t>(scanned), "partition") + "\n" + lines;
    for (const replica::Trouble& trouble : report.troubles)
        out += "OFFLINE " + trouble.partition.text() + ": " + trouble.error.text() +
               "\n    'cambium log verify' on its directory says more; the others are served\n";
    return out;
}

}  // namespace cambium::node
