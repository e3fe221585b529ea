// What the HTTP port serves: /metrics for Prometheus, /healthz for whoever restarts servers, and a
// short text at / for people.
//
// The state is asked for at every request. One loop; metrics and state outlive the pages.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.hpp"
#include "http/message.hpp"
#include "http/server.hpp"
#include "io/task.hpp"

namespace cambium::web {

enum class Phase : uint8_t { starting, serving, fenced, stopping };

struct Health {
    // Of a data directory that does not do what it should.
    struct Trouble {
        std::string directory;
        std::string what;
    };
    Phase phase = Phase::starting;
    int64_t topics = 0;
    int64_t partitions = 0;
    int64_t partitions_offline = 0;
    std::vector<Trouble> troubles{};
};

class Pages : public http::Handler {
public:
    using State = std::function<Health()>;
    Pages(Metrics& metrics, State state) : metrics_(metrics), state_(std::move(state)) {}

    io::Task<http::Response> handle(http::Request request) override;

private:
    [[nodiscard]] http::Response page(std::string_view path) const;
    [[nodiscard]] http::Response health() const;

    Metrics& metrics_;
    State state_;
};

}  // namespace cambium::web
