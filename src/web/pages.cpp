#include "web/pages.hpp"

#include <utility>

#include "base/version.hpp"

namespace cambium::web {
namespace {

constexpr const char* prometheus_type = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* json_type = "application/json";

std::string_view name(Phase phase) {
    switch (phase) {
        case Phase::starting: return "starting";
        case Phase::serving: return "ok";
        case Phase::fenced: return "fenced";
        case Phase::stopping: return "stopping";
    }
    return "unknown";
}

// As a JSON string. What is no plain ASCII is left out: this is for people.
std::string quoted(std::string_view text) {
    std::string out("\"");
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c >= ' ' && c < 0x7F) out += c;
    }
    return out + '"';
}

}  // namespace

io::Task<http::Response> Pages::handle(http::Request request) {
    if (request.method == "GET" || request.method == "HEAD") co_return page(request.path);
    http::Response refused = http::plain(405, "only GET and HEAD are served here");
    refused.fields.push_back({"Allow", "GET, HEAD"});
    co_return refused;
}

http::Response Pages::page(std::string_view path) const {
    if (path == "/healthz") return health();
    http::Response response;
    if (path == "/metrics") {
        response.content_type = prometheus_type;
        response.body = metrics_.text();
        return response;
    }
    if (path != "/") return http::plain(404, "no such page: there are /, /metrics and /healthz");
    response.body.append("cambium ").append(program_version);
    response.body.append(", a durable log that speaks the Kafka protocol\n\n");
    response.body += "  /healthz  whether it serves: 200 or 503, with the reason as JSON\n";
    response.body += "  /metrics  what it counts, for Prometheus\n";
    return response;
}

http::Response Pages::health() const {
    const Health health = state_();
    http::Response response;
    response.status = health.phase == Phase::serving ? 200 : 503;
    response.content_type = json_type;
    response.body.append("{\"status\":\"").append(name(health.phase));
    response.body.append("\",\"version\":\"").append(program_version);
    response.body += "\",\"topics\":" + std::to_string(health.topics);
    response.body += ",\"partitions\":" + std::to_string(health.partitions);
    response.body += ",\"partitions_offline\":" + std::to_string(health.partitions_offline);
    response.body += ",\"directories\":{";
    for (const Health::Trouble& each : health.troubles) {
        if (&each != &health.troubles.front()) response.body += ',';
        response.body += quoted(each.directory) + ":" + quoted(each.what);
    }
    response.body += "}}\n";
    return response;
}

}  // namespace cambium::web
