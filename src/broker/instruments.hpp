// What the broker counts and measures (docs/metrics.md); looked up once, counted from the loop.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/metrics.hpp"
#include "broker/handlers.hpp"
#include "broker/request.hpp"
#include "wire/api.hpp"

namespace cambium::broker {

class Instruments {
public:
    explicit Instruments(Metrics& metrics);

    // A request got its reply after `total`, the sending of the answer not counted.
    void replied(const Request& request, int64_t errors, io::Duration total);
    // An answer left after `spent` between handler and socket.
    void answered(io::Duration spent) { stage(Stage::answer).record(microseconds(spent)); }

    Counter& records_in;
    Counter& batch_bytes_in;
    Counter& record_bytes_out;
    Counter& connections_opened;
    Counter& connections_closed;
    Counter& connections_refused;  // by a limit of connections or of those that wait for memory
    Counter& connections_broken;   // by what the client sent
    Counter& accept_errors;        // connections that there was no descriptor for
    Counter& bytes_in;
    Counter& bytes_out;
    Counter& requests_slow;

    [[nodiscard]] static int64_t microseconds(io::Duration time) { return time.count() / 1000; }

private:
    struct PerApi {
        Counter* requests = nullptr;
        Counter* errors = nullptr;
        Histogram* seconds = nullptr;
    };
    Histogram& stage(Stage stage) { return *stages_[static_cast<size_t>(stage)]; }

    std::map<wire::ApiKey, PerApi> apis_;
    std::array<Histogram*, stage_count> stages_{};
};

// "read", "decode", ...
[[nodiscard]] std::string_view name(Stage stage);
// "Produce v9 of rdkafka from 127.0.0.1:4711 took 1203 ms: stage 2, wait 1200"; for the journal.
[[nodiscard]] std::string describe_slow(const Request& request, io::Duration total);

}  // namespace cambium::broker
