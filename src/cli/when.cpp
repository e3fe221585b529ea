#include "cli/when.hpp"

#include <chrono>
#include <cstdint>

#include "base/number.hpp"

namespace cambium::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int64_t longest_ago_ms = milliseconds(days(366 * 1000)).count();

// Takes what a date and a time consist of from the front of a text.
class Parts {
public:
    explicit Parts(std::string_view text) : rest_(text) {}

    // Exactly `digits` digits, at most `most`.
    int number(size_t digits, int most) {
        int value = 0;
        if (rest_.size() < digits) return fail();
        for (const char c : rest_.substr(0, digits)) {
            if (c < '0' || c > '9') return fail();
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(digits);
        return value <= most ? value : fail();
    }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) (void)fail();
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    int fail() {
        ok_ = false;
        return 0;
    }
    std::string_view rest_;
    bool ok_ = true;
};

std::optional<milliseconds> parsed_ago(std::string_view text) {
    if (text.size() < 3 || text.front() != '-') return std::nullopt;
    const auto count = whole_number<int64_t>(text.substr(1, text.size() - 2));
    if (!count || *count < 0) return std::nullopt;
    int64_t unit_ms = 0;
    switch (text.back()) {
        case 's': unit_ms = milliseconds(seconds(1)).count(); break;
        case 'm': unit_ms = milliseconds(minutes(1)).count(); break;
        case 'h': unit_ms = milliseconds(hours(1)).count(); break;
        case 'd': unit_ms = milliseconds(days(1)).count(); break;
        default: return std::nullopt;
    }
    if (*count > longest_ago_ms / unit_ms) return std::nullopt;
    return milliseconds(*count * unit_ms);
}

// What follows a 'T'.
milliseconds time_of_day(Parts& parts) {
    milliseconds time = hours(parts.number(2, 23));
    parts.expect(':');
    time += minutes(parts.number(2, 59));
    if (!parts.take(':')) return time;
    time += seconds(parts.number(2, 59));
    if (parts.take('.')) time += milliseconds(parts.number(3, 999));
    return time;
}

}  // namespace

std::optional<Timestamp> parsed_time(std::string_view text, Timestamp now) {
    if (const auto ago = parsed_ago(text)) return now - ago->count();
    Parts parts(text);
    const int year = parts.number(4, 9999);
    parts.expect('-');
    const int month = parts.number(2, 12);
    parts.expect('-');
    const int day = parts.number(2, 31);
    const std::chrono::year_month_day date(std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    milliseconds time{0};
    if (parts.take('T')) {
        time = time_of_day(parts);
        (void)parts.take('Z');
    }
    if (!parts.ok() || !parts.at_end() || !date.ok()) return std::nullopt;
    return Timestamp((milliseconds(std::chrono::sys_days(date).time_since_epoch()) + time).count());
}

}  // namespace cambium::cli
