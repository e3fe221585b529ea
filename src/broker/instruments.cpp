#include "broker/instruments.hpp"

#include <string_view>

namespace cambium::broker {

namespace {

constexpr std::array<std::string_view, stage_count> stage_names{"read", "decode", "stage",
                                                                "wait", "work",   "answer"};

constexpr double microsecond = 1e-6;

}  // namespace

std::string_view name(Stage stage) { return stage_names[static_cast<size_t>(stage)]; }

Instruments::Instruments(Metrics& metrics)
    : records_in(metrics.counter("kafka_server_brokertopicmetrics_messagesin_total",
                                 "Records that were appended.")),
      batch_bytes_in(metrics.counter("kafka_server_brokertopicmetrics_bytesin_total",
                                     "Bytes of record batches that were appended.")),
      record_bytes_out(metrics.counter("kafka_server_brokertopicmetrics_bytesout_total",
                                       "Bytes of record batches in answers to consumers.")),
      connections_opened(
          metrics.counter("cambium_connections_opened_total", "Connections that were accepted.")),
      connections_closed(
          metrics.counter("cambium_connections_closed_total", "Connections that have ended.")),
      connections_refused(metrics.counter("cambium_connections_refused_total",
                                          "Connections closed at once because of a limit.")),
      connections_broken(metrics.counter("cambium_connections_broken_total",
                                         "Connections closed because of what came over them.")),
      accept_errors(metrics.counter("cambium_accept_errors_total",
                                    "Failures to accept, for want of a descriptor.")),
      bytes_in(metrics.counter("cambium_network_received_bytes_total", "Bytes from clients.")),
      bytes_out(metrics.counter("cambium_network_sent_bytes_total", "Bytes to clients.")),
      requests_slow(metrics.counter("cambium_requests_slow_total",
                                    "Requests that took longer than slow.request.ms.")) {
    for (const HandlerRow& row : handler_table()) {
        const std::string_view api = wire::name(row.api);
        apis_[row.api] = {
            .requests = &metrics.counter("cambium_requests_total", "Requests that were answered.",
                                         {{"api", api}}),
            .errors = &metrics.counter("cambium_request_errors_total",
                                       "Error codes in answers, of partitions and of requests.",
                                       {{"api", api}}),
            .seconds = &metrics.histogram("cambium_request_seconds",
                                          "From the last byte of a request to its answer.",
                                          microsecond, {{"api", api}})};
    }
    for (size_t i = 0; i < stage_count; ++i) {
        stages_[i] =
            &metrics.histogram("cambium_request_stage_seconds", "Where the time of requests goes.",
                               microsecond, {{"stage", stage_names[i]}});
    }
}

void Instruments::replied(const Request& request, int64_t errors, io::Duration total) {
    const auto found = apis_.find(request.header.api);
    if (found == apis_.end()) return;
    found->second.requests->add();
    if (errors > 0) found->second.errors->add(static_cast<uint64_t>(errors));
    found->second.seconds->record(microseconds(total));
    for (size_t i = 0; i < stage_count; ++i) {
        const bool mine = static_cast<Stage>(i) != Stage::answer;
        if (mine && request.spent[i].count() > 0)
            stages_[i]->record(microseconds(request.spent[i]));
    }
}

std::string describe_slow(const Request& request, io::Duration total) {
    constexpr int64_t per_ms = 1'000'000;
    std::string text(wire::name(request.header.api));
    text += " v" + std::to_string(request.version()) + " of '" + std::string(request.client_id()) +
            "' from " + request.peer->remote.text() + " took " +
            std::to_string(total.count() / per_ms) + " ms:";
    for (size_t i = 0; i < stage_count; ++i) {
        if (request.spent[i].count() < per_ms) continue;
        text += " " + std::string(stage_names[i]) + " " +
                std::to_string(request.spent[i].count() / per_ms);
    }
    return text;
}

}  // namespace cambium::broker
