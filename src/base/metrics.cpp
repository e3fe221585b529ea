#include "base/metrics.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/check.hpp"

namespace cambium {

namespace {

constexpr std::string_view kind_names[] = {"counter", "gauge", "histogram"};

template <class Value> std::string shown(Value value) {
    std::array<char, 32> text;
    const auto [end, error] = std::to_chars(text.begin(), text.end(), value);
    check(error == std::errc{});
    return {text.begin(), end};
}

// Label values escape the quote too, help texts do not.
std::string escaped(std::string_view text, bool quote) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\\\";
        else if (c == '\n') out += "\\n";
        else if (c == '"' && quote) out += "\\\"";
        else out += c;
    }
    return out;
}

// `a="x",b="y"`, or with the values replaced.
std::string text_of(Labels labels, std::string_view instead = {}) {
    std::string out;
    for (const auto& [name, value] : labels) {
        out += out.empty() ? "" : ",";
        out += name;
        out += "=\"" + escaped(instead.empty() ? value : instead, true) + "\"";
    }
    return out;
}

bool proper(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

size_t Histogram::bucket_of(uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > sub_bits + 1 ? width - sub_bits - 1 : 0;
    return (size_t{shift} << sub_bits) + (value >> shift);
}

int64_t Histogram::last_of(size_t bucket) {
    constexpr size_t linear = size_t{2} << sub_bits;  // buckets of one value each
    if (bucket < linear) return static_cast<int64_t>(bucket);
    const size_t shift = (bucket >> sub_bits) - 1;
    const size_t step = bucket - (shift << sub_bits);
    return static_cast<int64_t>(((step + 1) << shift) - 1);
}

void Histogram::record(int64_t value) {
    constexpr auto most = (int64_t{1} << most_bits) - 1;
    value = std::clamp(value, int64_t{0}, most);
    counts_[bucket_of(static_cast<uint64_t>(value))].fetch_add(1, std::memory_order_relaxed);
    count_.fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(static_cast<uint64_t>(value), std::memory_order_relaxed);
    int64_t before = largest();
    while (value > before &&
           !largest_.compare_exchange_weak(before, value, std::memory_order_relaxed)) {}
}

int64_t Histogram::quantile(double share) const {
    uint64_t all = 0;
    for (const auto& count : counts_) all += count.load(std::memory_order_relaxed);
    if (all == 0) return 0;
    const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(all));
    const uint64_t rank = std::max(uint64_t{1}, static_cast<uint64_t>(wanted));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < buckets; ++bucket) {
        seen += counts_[bucket].load(std::memory_order_relaxed);
        if (seen >= rank) return std::min(last_of(bucket), largest());
    }
    return largest();
}

uint64_t Histogram::below(unsigned power) const {
    const size_t end = power >= most_bits ? buckets : bucket_of(uint64_t{1} << power);
    uint64_t sum = 0;
    for (size_t bucket = 0; bucket < end; ++bucket)
        sum += counts_[bucket].load(std::memory_order_relaxed);
    return sum;
}

void MetricsWriter::family(std::string_view name, std::string_view type, std::string_view help) {
    check(proper(name), name);
    name_ = name;
    out_ += "# HELP " + name_ + " " + escaped(help, false) + "\n";
    out_ += "# TYPE " + name_ + " " + std::string(type) + "\n";
}

void MetricsWriter::line(std::string_view suffix, std::string_view labels, std::string_view value) {
    out_ += name_;
    out_ += suffix;
    if (!labels.empty()) {
        out_ += '{';
        out_ += labels;
        out_ += '}';
    }
    out_ += ' ';
    out_ += value;
    out_ += '\n';
}

void MetricsWriter::sample(Labels labels, int64_t value) {
    line("", text_of(labels), shown(value));
}
void MetricsWriter::sample(Labels labels, double value) { line("", text_of(labels), shown(value)); }

Metrics::Series& Metrics::find(Kind kind, std::string_view name, std::string_view help, double unit,
                               Labels labels) {
    check(proper(name), name);
    const std::lock_guard lock(mutex_);
    auto family = families_.find(name);
    if (family == families_.end())
        family = families_.emplace(name, Family{kind, std::string(help), unit, {}}).first;
    check(family->second.kind == kind, name);
    auto& series = family->second.series;
    std::string key = text_of(labels);
    if (!series.contains(key) && series.size() >= max_series) key = text_of(labels, "other");
    Series& found = series[key];
    if (kind == Kind::histogram && !found.histogram)
        found.histogram = std::make_unique<Histogram>();
    return found;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
    return find(Kind::counter, name, help, 1, labels).counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
    return find(Kind::gauge, name, help, 1, labels).gauge;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, double unit,
                              Labels labels) {
    return *find(Kind::histogram, name, help, unit, labels).histogram;
}

Metrics::Registration& Metrics::Registration::operator=(Registration&& other) noexcept {
    Registration ended(std::move(*this));
    metrics_ = std::exchange(other.metrics_, nullptr);
    number_ = other.number_;
    return *this;
}

Metrics::Registration::~Registration() {
    if (metrics_ == nullptr) return;
    const std::lock_guard lock(metrics_->mutex_);
    metrics_->collectors_.erase(number_);
}

Metrics::Registration Metrics::collect(Collector collector) {
    const std::lock_guard lock(mutex_);
    const uint64_t number = next_collector_++;
    collectors_.emplace(number, std::move(collector));
    return {this, number};
}

// Edges grow by 4: fine enough to see where time goes, and few enough to store.
void Metrics::write(MetricsWriter& writer, const Family& family) {
    constexpr unsigned last_edge = 32;
    for (const auto& [labels, series] : family.series) {
        if (family.kind == Kind::counter) writer.line("", labels, shown(series.counter.value()));
        if (family.kind == Kind::gauge) writer.line("", labels, shown(series.gauge.value()));
        if (family.kind != Kind::histogram) continue;
        const Histogram& histogram = *series.histogram;
        const std::string front = labels.empty() ? "" : labels + ",";
        // Read before the sums of the buckets, so that it never is smaller than those by a race.
        const uint64_t all = histogram.below(Histogram::most_bits);
        for (unsigned edge = 0; edge <= last_edge; edge += 2) {
            const double upper = std::ldexp(family.unit, static_cast<int>(edge));
            writer.line("_bucket", front + "le=\"" + shown(upper) + "\"",
                        shown(std::min(all, histogram.below(edge))));
        }
        writer.line("_bucket", front + "le=\"+Inf\"", shown(all));
        writer.line("_sum", labels, shown(static_cast<double>(histogram.sum()) * family.unit));
        writer.line("_count", labels, shown(all));
    }
}

std::string Metrics::text() const {
    std::string out;
    MetricsWriter writer(out);
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
        writer.family(name, kind_names[static_cast<size_t>(family.kind)], family.help);
        write(writer, family);
    }
    for (const auto& [number, collector] : collectors_) collector(writer);
    return out;
}

}  // namespace cambium
