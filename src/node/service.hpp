// The server as a program runs it: the broker, the HTTP pages beside it, and what is said about
// both.
//
// One loop. close() is always awaited after start(), whatever that gave.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/settings.hpp"
#include "broker/broker.hpp"
#include "cli/terminal.hpp"
#include "http/server.hpp"
#include "io/network.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "real/loop.hpp"
#include "web/pages.hpp"

namespace cambium::node {

class Service {
public:
    Service(io::World world, const real::RealLoop& loop, cli::Terminal& terminal,
            Settings settings);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Serves pages at once ("starting"), then recovers and serves Kafka. A failure comes back as
    // a text for people: what happened and what to do. That the usual port of the pages is taken is
    // none, unless it was asked for.
    io::Task<std::optional<std::string>> start();
    // What is served, where, from which data, and what recovery found: one or few lines.
    [[nodiscard]] std::string announcement() const;
    // Where a client of this machine reaches the broker.
    [[nodiscard]] io::Address reachable() const;
    io::Task<Status> close();

private:
    io::Task<Status> start_pages();
    [[nodiscard]] web::Health health() const;
    void tell_metrics(MetricsWriter& writer) const;
    [[nodiscard]] std::string explain(const Error& error) const;
    [[nodiscard]] std::string explain_pages(const Error& error, const std::string& address) const;

    io::World world_;
    const real::RealLoop& loop_;
    cli::Terminal& terminal_;
    Settings settings_;
    Timestamp started_;
    Metrics metrics_;
    Metrics::Registration registration_;
    broker::Broker broker_;
    web::Pages pages_;
    std::unique_ptr<http::Server> http_;
    web::Phase phase_ = web::Phase::starting;
};

// "the port is in use by process 17 (cambium serve)\n    stop it (kill 17), or ...": `option` is
// the one that chooses another address.
[[nodiscard]] std::string port_in_use(const io::Address& address, std::string_view option);

}  // namespace cambium::node
