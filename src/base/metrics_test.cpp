#include "base/metrics.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace cambium;

TEST_CASE("the text form is the one that Prometheus reads, families by name") {
    Metrics metrics;
    metrics.counter("b_total", "Things.\nMany \\.", {{"kind", "a \"b\"\\\n"}}).add(3);
    metrics.gauge("a", "A level.").set(-7);
    CHECK(metrics.text() ==
          "# HELP a A level.\n"
          "# TYPE a gauge\n"
          "a -7\n"
          "# HELP b_total Things.\\nMany \\\\.\n"
          "# TYPE b_total counter\n"
          "b_total{kind=\"a \\\"b\\\"\\\\\\n\"} 3\n");
}

TEST_CASE("the same name and labels are the same counter") {
    Metrics metrics;
    Counter& one = metrics.counter("c_total", "C.", {{"api", "Produce"}});
    metrics.counter("c_total", "C.", {{"api", "Fetch"}}).add(5);
    metrics.counter("c_total", "C.", {{"api", "Produce"}}).add(2);
    CHECK(one.value() == 2);
}

TEST_CASE("a histogram is written with edges that grow by 4, in its unit") {
    Metrics metrics;
    Histogram& histogram = metrics.histogram("wait_seconds", "Waits.", 0.5, {{"stage", "sync"}});
    for (const int64_t value : {0, 1, 3, 4, 70}) histogram.record(value);
    const std::string text = metrics.text();
    CAPTURE(text);
    CHECK(text.find("# TYPE wait_seconds histogram\n") != std::string::npos);
    CHECK(text.find("wait_seconds_bucket{stage=\"sync\",le=\"0.5\"} 1\n") != std::string::npos);
    CHECK(text.find("wait_seconds_bucket{stage=\"sync\",le=\"2\"} 3\n") != std::string::npos);
    CHECK(text.find("wait_seconds_bucket{stage=\"sync\",le=\"8\"} 4\n") != std::string::npos);
    CHECK(text.find("wait_seconds_bucket{stage=\"sync\",le=\"+Inf\"} 5\n") != std::string::npos);
    CHECK(text.find("wait_seconds_sum{stage=\"sync\"} 39\n") != std::string::npos);
    CHECK(text.find("wait_seconds_count{stage=\"sync\"} 5\n") != std::string::npos);
}

TEST_CASE("a quantile is at most an eighth above the true one and never below") {
    constexpr uint64_t seed = 3;
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    Histogram histogram;
    std::vector<int64_t> values;
    for (int i = 0; i < 5000; ++i) {
        values.push_back(static_cast<int64_t>(random() >> (24 + random() % 40)));
        histogram.record(values.back());
    }
    std::ranges::sort(values);
    for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<size_t>(share * static_cast<double>(values.size()));
        const int64_t exact = values[rank - 1];
        const int64_t found = histogram.quantile(share);
        CAPTURE(share);
        CHECK(found >= exact);
        CHECK(found <= exact + exact / 8);
    }
    CHECK(histogram.quantile(1) == values.back());
    CHECK(histogram.largest() == values.back());
}

TEST_CASE("values beyond either end count at the end") {
    Histogram histogram;
    CHECK(histogram.quantile(0.5) == 0);
    histogram.record(-5);
    CHECK(histogram.quantile(1) == 0);
    histogram.record(INT64_MAX);
    CHECK(histogram.quantile(1) == (int64_t{1} << Histogram::most_bits) - 1);
    CHECK(histogram.below(Histogram::most_bits) == 2);
}

TEST_CASE("a million label values end in one series") {
    Metrics metrics;
    for (size_t i = 0; i < Metrics::max_series + 500; ++i)
        metrics.counter("c_total", "C.", {{"client", std::to_string(i)}}).add();
    CHECK(metrics.counter("c_total", "C.", {{"client", "never seen"}}).value() == 500);
    CHECK(metrics.counter("c_total", "C.", {{"client", "0"}}).value() == 1);
    const std::string text = metrics.text();
    CHECK(text.find("c_total{client=\"other\"} 500\n") != std::string::npos);
    CHECK(std::ranges::count(text, '\n') == static_cast<long>(Metrics::max_series) + 3);
}

TEST_CASE("a collector writes at the reading, until its registration goes") {
    Metrics metrics;
    int64_t level = 1;
    {
        Metrics::Registration registration;
        registration = metrics.collect([&level](MetricsWriter& writer) {
            writer.family("level", "gauge", "L.");
            writer.sample({{"of", "x"}}, level);
            writer.sample({}, 0.5);
        });
        level = 2;
        CHECK(metrics.text().find("level{of=\"x\"} 2\nlevel 0.5\n") != std::string::npos);
    }
    CHECK(metrics.text().empty());
}
