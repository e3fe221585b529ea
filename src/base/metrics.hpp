// What the program counts and measures, and its text form for Prometheus (exposition format 0.0.4).
//
// A counter, gauge or histogram is looked up once by name and labels (this takes a lock), and the
// reference is kept: it is valid as long as the registry. Counting is one relaxed atomic operation,
// from any thread. What is cheaper to ask than to count is written by a collector when somebody
// reads.
// Names follow Prometheus: base units, `_total` for counters, `_seconds`, `_bytes`.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cambium {

class Counter {
public:
    void add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    [[nodiscard]] uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> value_{0};
};

class Gauge {
public:
    void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(int64_t change) { value_.fetch_add(change, std::memory_order_relaxed); }
    [[nodiscard]] int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<int64_t> value_{0};
};

// Counts whole numbers from 0 to 2^40 (larger ones as that) in buckets that are at most 1/8 of
// their value wide: 8 to each power of two, 2.5 KB in all.
class Histogram {
public:
    void record(int64_t value);
    [[nodiscard]] uint64_t count() const { return count_.load(std::memory_order_relaxed); }
    [[nodiscard]] uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }
    [[nodiscard]] int64_t largest() const { return largest_.load(std::memory_order_relaxed); }
    // A value that the given share (0..1) of the recorded ones do not exceed, up to a bucket's
    // width; 0 when nothing was recorded.
    [[nodiscard]] int64_t quantile(double share) const;
    // How many are below 2^power.
    [[nodiscard]] uint64_t below(unsigned power) const;

    static constexpr unsigned most_bits = 40;

private:
    static constexpr unsigned sub_bits = 3;
    static constexpr size_t buckets = (most_bits - sub_bits + 1) << sub_bits;
    static size_t bucket_of(uint64_t value);
    static int64_t last_of(size_t bucket);

    std::array<std::atomic<uint64_t>, buckets> counts_{};
    std::atomic<uint64_t> count_{0};
    std::atomic<uint64_t> sum_{0};
    std::atomic<int64_t> largest_{0};
};

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;

// Writes the text form, family by family.
class MetricsWriter {
public:
    explicit MetricsWriter(std::string& out) : out_(out) {}
    // Begins a family; `type` is "counter", "gauge" or "histogram".
    void family(std::string_view name, std::string_view type, std::string_view help);
    // One sample of the family that was begun last.
    void sample(Labels labels, int64_t value);
    void sample(Labels labels, double value);

private:
    void line(std::string_view suffix, std::string_view labels, std::string_view value);
    friend class Metrics;

    std::string& out_;
    std::string name_;
};

class Metrics {
public:
    // A family takes this many combinations of labels; what comes after is counted together in
    // one whose label values are all "other" (a million client ids must not fill the memory).
    static constexpr size_t max_series = 1000;

    Metrics() = default;
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
    // `unit` is what one recorded step is worth in the name's unit: 1e-6 for microseconds in
    // `..._seconds`.
    Histogram& histogram(std::string_view name, std::string_view help, double unit,
                         Labels labels = {});

    // Called under the lock for every text(); the token takes it back, and outlives the registry
    // never.
    using Collector = std::function<void(MetricsWriter&)>;
    class [[nodiscard]] Registration {
    public:
        Registration() = default;
        Registration(Registration&& other) noexcept
            : metrics_(std::exchange(other.metrics_, nullptr)), number_(other.number_) {}
        Registration& operator=(Registration&& other) noexcept;
        ~Registration();

    private:
        friend class Metrics;
        Registration(Metrics* metrics, uint64_t number) : metrics_(metrics), number_(number) {}
        Metrics* metrics_ = nullptr;
        uint64_t number_ = 0;
    };
    Registration collect(Collector collector);

    [[nodiscard]] std::string text() const;

private:
    enum class Kind : uint8_t { counter, gauge, histogram };
    struct Series {
        Counter counter;
        Gauge gauge;
        std::unique_ptr<Histogram> histogram;
    };
    struct Family {
        Kind kind;
        std::string help;
        double unit;
        std::map<std::string, Series> series;  // by the text of the labels
    };
    Series& find(Kind kind, std::string_view name, std::string_view help, double unit,
                 Labels labels);
    static void write(MetricsWriter& writer, const Family& family);

    mutable std::mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
    std::map<uint64_t, Collector> collectors_;
    uint64_t next_collector_ = 1;
};

}  // namespace cambium
