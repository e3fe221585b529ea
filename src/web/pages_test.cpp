#include "web/pages.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using namespace cambium::web;

struct Site {
    http::Response get(std::string path, std::string method = "GET") {
        http::Request request;
        request.method = std::move(method);
        request.path = std::move(path);
        return sim::wait(simulation, pages.handle(std::move(request)));
    }
    sim::Simulation simulation{1};
    Metrics metrics;
    Health health;
    Pages pages{metrics, [this] { return health; }};
};

TEST_CASE("health is 200 only while the server serves") {
    Site site;
    CHECK(site.get("/healthz").status == 503);
    CHECK(site.get("/healthz").body.find("\"status\":\"starting\"") != std::string::npos);
    site.health = {Phase::serving, 2, 5, 1, {}};
    const http::Response response = site.get("/healthz");
    CHECK(response.status == 200);
    CHECK(response.content_type == "application/json");
    CHECK(response.body ==
          "{\"status\":\"ok\",\"version\":\"0.1\",\"topics\":2,\"partitions\":5,"
          "\"partitions_offline\":1,\"directories\":{}}\n");
    for (const Phase phase : {Phase::fenced, Phase::stopping}) {
        site.health.phase = phase;
        CHECK(site.get("/healthz").status == 503);
    }
}

TEST_CASE("a data directory in trouble is named while the others serve") {
    Site site;
    site.health = {Phase::serving, 2, 5, 1, {{"/a \"b\"", "failed: EIO\n"}, {"/c", "full"}}};
    const http::Response response = site.get("/healthz");
    CHECK(response.status == 200);
    CHECK(
        response.body.find("\"directories\":{\"/a \\\"b\\\"\":\"failed: EIO\",\"/c\":\"full\"}}") !=
        std::string::npos);
}

TEST_CASE("metrics are those of the registry") {
    Site site;
    site.metrics.counter("cambium_things_total", "Things.").add(3);
    const http::Response response = site.get("/metrics");
    CHECK(response.status == 200);
    CHECK(response.body.find("cambium_things_total 3\n") != std::string::npos);
    CHECK(response.content_type.find("version=0.0.4") != std::string::npos);
}

TEST_CASE("unknown pages and methods are refused") {
    Site site;
    CHECK(site.get("/").status == 200);
    CHECK(site.get("/metrics/").status == 404);
    CHECK(site.get("/../etc/passwd").status == 404);
    CHECK(site.get("/metrics", "POST").status == 405);
    CHECK(site.get("/healthz", "HEAD").status == 503);
}

}  // namespace
